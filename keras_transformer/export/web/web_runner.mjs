// Translates the texts of standard input, a list in JSON, with the program of a page in Node.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const folder = resolve(process.argv[2]);
const NUM_WARMUPS = 2;

// The parts of a worker that LiteRT.js uses.
globalThis.self = globalThis;
globalThis.importScripts = (path) => {
  const module = { exports: {} };
  const script = new Function("require", "__filename", "__dirname", "module", "exports", readFileSync(path, "utf8"));
  script(createRequire(path), path, folder, module, module.exports);
  self.ModuleFactory = module.exports;
};

const { loadTranslator, runtimeName } = await import(pathToFileURL(join(folder, "translator.js")));
const runtime = join(folder, "litert", runtimeName());
const translate = await loadTranslator(`${runtime}.js`, readFileSync(`${runtime}.wasm`), readFileSync(join(folder, "model.tflite")));
const texts = JSON.parse(readFileSync(0, "utf8"));
for (const text of texts.slice(0, NUM_WARMUPS)) await translate(text);
const found = [];
for (const text of texts) {
  const started = performance.now();
  const [best] = await translate(text);
  found.push({ translation: best.text, score: best.score, milliseconds: performance.now() - started });
}
process.stdout.write(JSON.stringify(found));
