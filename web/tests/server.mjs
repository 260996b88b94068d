// Starts `sage-music serve` and ends it with the test.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export async function startServer(program, ...options) {
  const server = spawn(program, ["serve", "--port", "0", "--no-open", "--page", `${ROOT}build/page`, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => server.kill());
  for await (const line of createInterface({ input: server.stdout })) return { address: line.trim(), stop: () => server.kill(), pid: server.pid };
  throw new Error("the server did not start");
}

/** smfstate.py: which notes of one file another lacks, with all that a synthesiser would hear. */
export async function changed(before, after, from = 0, to = 1e9) {
  const script = `${ROOT}tests/midi/smfstate.py`;
  return new Promise((resolve) => {
    let text = "";
    const python = spawn("python3", [script, "compare", before, after, String(from), String(to)]);
    python.stdout.on("data", (data) => (text += data));
    python.on("close", (code) => resolve({ code, text }));
  });
}
