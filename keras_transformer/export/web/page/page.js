// Connects the elements of the page with the worker.

import { showCard } from "./card.js";
import { keepOffline } from "./offline.js";
import { browserTag } from "./sentences.js";
import { TranslationView } from "./translation_view.js";

const MILLISECONDS_OF_REST = 120; // after the last key
const RIGHT_TO_LEFT = ["Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"];
const byId = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const settings = await (await fetch("settings.json")).json();
const { words, sourceLanguage, targetLanguage } = settings;
const view = new TranslationView(byId("target"), byId("alternatives-section"), byId("alternatives"), targetLanguage ?? "", words);
const worker = new Worker("worker.js");
let request = 0, timer;

function nameOf(language) {
  const tag = browserTag(language);
  return tag ? new Intl.DisplayNames(document.documentElement.lang, { type: "language" }).of(tag) : language;
}

function showLanguages() {
  if (!sourceLanguage || !targetLanguage) return;
  const [source, target] = [sourceLanguage, targetLanguage].map(nameOf);
  document.title = byId("title").textContent = fill(words.pair, { source, target });
  byId("source-language").textContent = source;
  byId("target-language").textContent = target;
  byId("source").lang = sourceLanguage;
  byId("target").lang = targetLanguage;
  // With `auto`, the browser reads the whole translation after the change of a sentence.
  const { script } = new Intl.Locale(browserTag(targetLanguage) ?? "und").maximize();
  byId("target").dir = RIGHT_TO_LEFT.includes(script) ? "rtl" : "ltr";
}

function showState(text, isFailed = false) {
  byId("state").textContent = text;
  byId("state").parentElement.classList.toggle("failed", isFailed);
}

function send() {
  clearTimeout(timer);
  timer = undefined;
  document.body.dataset.done = "";
  worker.postMessage({ id: ++request, text: byId("source").value, isSplit: byId("split").checked });
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
const received = {
  progress({ bytes, total }) {
    byId("progress").value = bytes / total;
    const isAll = bytes >= total;
    showState(isAll ? words.compiling : fill(words.loading, { done: megabytes(bytes), total: megabytes(total) }));
  },
  ready({ runtime }) {
    byId("progress").hidden = true;
    document.body.dataset.ready = "true";
    showState("Segmenter" in Intl ? words.ready : words.no_segmenter);
    keepOffline(runtime, words, (text) => (byId("offline").textContent = text), byId("update"));
  },
  parts({ id, parts }) {
    if (id === request) view.start(parts);
  },
  translations({ id, translations }) {
    if (id !== request) return;
    for (const { index, found } of translations) view.set(index, found);
    const count = view.sentences.length;
    if (count > 1) showState(fill(words.translating, { number: translations.at(-1).index + 1, count }));
  },
  done({ id, milliseconds, longest }) {
    if (id !== request || timer) return;
    const count = view.sentences.filter(({ text }) => text).length, seconds = (milliseconds / 1000).toFixed(2);
    const isRemembered = milliseconds < 10;
    const state = !count || isRemembered ? words.ready : fill(count === 1 ? words.translated_one : words.translated, { count, seconds });
    showState(view.sentences.some(({ isCut }) => isCut) ? `${state}. ${fill(words.cut, { longest })}` : state);
    document.body.dataset.done = byId("source").value;
  },
  error({ message }) {
    byId("progress").hidden = true;
    showState(fill(words.failed, { message }), true);
  },
};

worker.onmessage = ({ data }) => received[data.kind](data);
worker.onerror = (event) => received.error({ message: event.message || "worker.js" });
showLanguages();
showState(fill(words.loading, { done: "0", total: megabytes(0) }));
byId("progress").hidden = false;
worker.postMessage({ settings });
if (byId("source").value) send(); // The browser keeps the text when the page is loaded again.

byId("source").addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(send, MILLISECONDS_OF_REST);
});
byId("split").addEventListener("change", send);
byId("clear").addEventListener("click", () => {
  byId("source").value = "";
  byId("source").focus();
  send();
});
byId("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(view.text);
    showState(words.copied);
  } catch {
    showState(words.not_copied);
  }
});
byId("card-button").addEventListener("click", async () => {
  byId("card").showModal();
  try {
    showCard(await (await fetch("README.md")).text(), byId("card-text"));
  } catch (error) {
    byId("card-text").textContent = fill(words.no_card, { message: error.message });
  }
});
byId("card-close").addEventListener("click", () => byId("card").close());
