"""Starts `sage-music serve` for tests, and asks it things with the standard library alone."""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile


class Server:
    def __init__(self, program, *options, port=0, cwd=None):
        self.process = subprocess.Popen([program, "serve", "--port", str(port), "--no-open", *options],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd)
        self.line = self.process.stdout.readline()
        if not self.line:
            message = self.process.stderr.read()
            self.__exit__()
            raise RuntimeError(message)
        self.port = int(self.line.strip().rstrip("/").rsplit(":", 1)[1])

    def connection(self, timeout=120):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(self, method, path, body=None, headers=None, timeout=120):
        """Status, headers and body; the body parsed where it is JSON."""
        with contextlib.closing(self.connection(timeout)) as connection:
            data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
            connection.request(method, path, data, headers or {})
            response = connection.getresponse()
            text = response.read()
            found = {k.lower(): v for k, v in response.getheaders()}
            if found.get("content-type") == "application/json":
                return response.status, found, json.loads(text)
            return response.status, found, text

    def post(self, path, body, **headers):
        status, _, answer = self.ask("POST", path, body, {k.replace("_", "-"): v for k, v in headers.items()})
        return status, answer

    def memory_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise RuntimeError("no VmRSS")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def gauges(self):
        _, _, text = self.ask("GET", "/metrics")
        rows = (line.rsplit(" ", 1) for line in text.decode().splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in rows}

    def wait(self, timeout=30):
        """Exit code and what stands on standard error, when it has ended."""
        code = self.process.wait(timeout)
        return code, self.process.stderr.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


def events(response):
    """Server-sent events of a response, as (name, data)."""
    name = None
    for line in response:
        line = line.decode().rstrip("\n")
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, json.loads(line[6:])


def encoded(path):
    return base64.b64encode(pathlib.Path(path).read_bytes()).decode()


def midi_state(root, before, after, start=0, end=10**9):
    """What tests/midi/smfstate.py finds changed between two files (bytes) in [start, end)."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, data in (("before.mid", before), ("after.mid", after)):
            path = pathlib.Path(folder) / name
            path.write_bytes(data)
            names.append(str(path))
        done = subprocess.run(["python3", str(root / "tests/midi/smfstate.py"), "compare", *names, str(start), str(end)],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout
