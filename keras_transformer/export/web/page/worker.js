// Loads the model and translates, so that the page never waits. LiteRT.js calls `importScripts`, which modules lack;
// this worker is therefore a classic script that imports modules.
//
// Messages from the page: { settings } once, then { id, text, isSplit } for each change of the text.
// Messages to the page, by `kind`: "progress" { bytes, total }, "ready" { runtime }, "parts" { id, parts }, in which
// sentences of earlier texts have their translations `found`, "translations" { id, translations: [{ index, found }] } of
// the others, "done" { id, milliseconds, longest }, "error" { message }.
"use strict";

const MILLISECONDS_OF_MESSAGES = 100; // between two messages with translations
const MOST_REMEMBERED = 10000; // sentences
const BLANK = [{ text: "", score: 0 }];
const remembered = new Map();
const channel = new MessageChannel();
let settings, translate, modules, newest = null, isRunning = false;

self.onmessage = async ({ data }) => {
  try {
    if (data.settings) await load(data.settings);
    else newest = data;
    if (translate && newest && !isRunning) await run();
  } catch (error) {
    self.postMessage({ kind: "error", message: error?.message ?? String(error) });
  }
};

async function load(given) {
  settings = given;
  const [downloads, sentences, translator] = await Promise.all(
    ["./downloads.js", "./sentences.js", "./translator.js"].map((module) => import(module)),
  );
  modules = { ...downloads, ...sentences, ...translator };
  const runtime = modules.runtimeName(), files = [`litert/${runtime}.wasm`, settings.model];
  const total = files.reduce((sum, file) => sum + settings.bytes[file], 0);
  const report = (bytes) => self.postMessage({ kind: "progress", bytes, total });
  const [wasm, model] = await modules.downloaded(files, report);
  translate = await modules.loadTranslator(`litert/${runtime}.js`, wasm, model);
  self.postMessage({ kind: "ready", runtime });
}

// Translates the newest text. A newer one replaces it after the current sentence.
async function run() {
  isRunning = true;
  try {
    while (newest) {
      const request = newest;
      newest = null;
      await translateText(request);
    }
  } finally {
    isRunning = false;
  }
}

async function translateText({ id, text, isSplit }) {
  const started = performance.now();
  const found = modules.partsOf(text, settings.sourceLanguage ?? undefined, isSplit, modules.LONGEST_SENTENCE);
  const parts = modules.spacedParts(found, settings.targetLanguage);
  for (const part of parts) part.found = part.text ? remembered.get(part.text) : BLANK;
  self.postMessage({ kind: "parts", id, parts });
  let translations = [], sent = performance.now();
  const send = () => {
    if (translations.length) self.postMessage({ kind: "translations", id, translations });
    [translations, sent] = [[], performance.now()];
  };
  for (const [index, part] of parts.entries()) {
    if (part.found) continue;
    translations.push({ index, found: await translated(part.text) });
    if (newest) return;
    if (performance.now() - sent > MILLISECONDS_OF_MESSAGES) send();
  }
  send();
  self.postMessage({ kind: "done", id, milliseconds: performance.now() - started, longest: modules.LONGEST_SENTENCE });
}

async function translated(sentence) {
  await waitingMessages();
  const found = remembered.get(sentence) ?? (await translate(sentence));
  remembered.set(sentence, found);
  if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value);
  return found;
}

// Lets the worker receive the messages that have arrived during a translation.
function waitingMessages() {
  return new Promise((resolve) => {
    channel.port1.onmessage = resolve;
    channel.port2.postMessage(null);
  });
}
