// Translates lines of standard input with a `.tflite` file and LiteRT.js, without a tokenizer.
//
//   npm install @litertjs/core
//   node translate_tflite.mjs my.tflite < text.txt
//
// Of a line of more than 256 characters, only the first 256 are translated, with a warning.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Environment, loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";

const LONGEST = 256; // characters of a line
const WASM = join(dirname(fileURLToPath(import.meta.resolve("@litertjs/core"))), "..", "wasm");

// LiteRT.js expects a browser's worker, which loads scripts in this way.
globalThis.self = globalThis;
globalThis.importScripts = (path) => {
  const module = { exports: {} };
  const script = new Function("require", "__filename", "__dirname", "module", "exports", readFileSync(path, "utf8"));
  script(createRequire(path), path, WASM, module, module.exports);
  self.ModuleFactory = module.exports;
};
self.Module = { printErr: () => {}, locateFile: (name) => join(WASM, name) };

const create = Environment.create;
Environment.create = () => create.call(Environment, { webGpuDevice: null });
await loadLiteRt(`${WASM}/`);
const model = await loadAndCompile(readFileSync(process.argv[2]), { accelerator: "wasm" });

// Returns the translations of a line, best first.
async function translate(line, number) {
  const row = new Int32Array(LONGEST); // LiteRT.js cannot resize inputs. Padding is 0.
  const characters = Array.from(line), { length } = characters;
  if (length > LONGEST) console.error(`Line ${number} is cut: it has ${length} characters, more than ${LONGEST}.`);
  row.set(characters.slice(0, LONGEST).map((character) => character.codePointAt(0)));
  const input = new Tensor(row, [1, LONGEST]);
  const found = await model.run("translate_text_256", { code_points: input });
  const [points, scores] = [await found.code_points.data(), await found.scores.data()];
  for (const tensor of [input, found.code_points, found.scores]) tensor.delete();
  const width = points.length / scores.length;
  const rows = Array.from(scores, (_, i) => points.subarray(i * width, (i + 1) * width));
  return rows.map((row) => String.fromCodePoint(...row.filter((point) => point)));
}

// Lines end with "\n" only. The module `readline` also splits at U+2028, U+2029 and "\r".
async function* linesOf(stream) {
  let rest = "";
  for await (const chunk of stream.setEncoding("utf8")) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    yield* lines;
  }
  if (rest) yield rest;
}

let number = 0;
for await (const line of linesOf(process.stdin)) console.log((await translate(line.replace(/\r$/, ""), ++number))[0]);
