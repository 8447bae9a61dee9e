// Translates one sentence with the signature `translate_text_256`. This module runs in a worker and under Node.

import { Environment, loadAndCompile, loadLiteRt, Tensor } from "./litert/index.js";

const SIGNATURE = "translate_text_256";
const WIDTH = 256; // code points
// Number of Unicode code points of the longest sentence. The export sets it.
export const LONGEST_SENTENCE = Number("{{longest}}");

// A module with one instruction of relaxed SIMD.
const RELAXED_SIMD = [
  [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], // magic number, version
  [0x01, 0x07, 0x01, 0x60, 0x02, 0x7b, 0x7b, 0x01, 0x7b], // type (v128, v128) -> v128
  [0x03, 0x02, 0x01, 0x00], // one function
  [0x0a, 0x0b, 0x01, 0x09, 0x00, 0x20, 0x00, 0x20, 0x01, 0xfd, 0x80, 0x02, 0x0b], // i8x16.relaxed_swizzle
];

// The name of the WebAssembly file, without its ending, that this machine runs.
export function runtimeName() {
  return WebAssembly.validate(new Uint8Array(RELAXED_SIMD.flat())) ? "litert_wasm_internal" : "litert_wasm_compat_internal";
}

// Returns a function from a sentence to its translations, best first: [{ text, score }, …].
//
// script: address of the script of the runtime, `runtimeName()` with the ending `.js`.
// wasm, model: the bytes of its `.wasm` file and of the `.tflite` file.
export async function loadTranslator(script, wasm, model) {
  self.Module = { wasmBinary: wasm, print: () => {}, printErr: () => {} };
  const create = Environment.create;
  Environment.create = () => create.call(Environment, { webGpuDevice: null }); // Otherwise, a GPU is started.
  await loadLiteRt(script);
  const compiled = await loadAndCompile(model, { accelerator: "wasm" });

  return async function translate(sentence) {
    const points = Array.from(sentence, (character) => character.codePointAt(0));
    if (points.length > WIDTH) throw new Error(`Expected at most ${WIDTH} characters. Received: ${points.length}.`);
    const row = new Int32Array(WIDTH);
    row.set(points);
    const input = new Tensor(row, [1, WIDTH]);
    const found = await compiled.run(SIGNATURE, { code_points: input });
    const [written, scores] = [await found.code_points.data(), await found.scores.data()];
    for (const tensor of [input, found.code_points, found.scores]) tensor.delete();
    const width = written.length / scores.length;
    return Array.from(scores, (score, i) => ({ text: textOf(written.subarray(i * width, (i + 1) * width)), score }));
  };
}

// Code points, padded with 0, as a string.
function textOf(row) {
  const end = row.indexOf(0);
  return String.fromCodePoint(...row.subarray(0, end < 0 ? row.length : end));
}
