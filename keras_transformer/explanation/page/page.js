// The state of the page, its controls, and the parts that are not matrices.

const state = { encoder: 1, decoder: 1, head: 0, step: 0 };
const page = { views: [], matrices: new Map() };
let words;

const byId = (id) => document.getElementById(id);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const withHead = (matrix) => () => matrix(state.head);

page.matrix = (name, head = 0) => {
  const key = `${name} ${head}`;
  if (!page.matrices.has(key)) page.matrices.set(key, new Matrix(page.bytes, page.data.matrices[name], head));
  return page.matrices.get(key);
};
page.heads = (name) => page.data.matrices[name].shape[0] && Array.from({ length: page.data.matrices[name].shape[0] }, (_, head) => page.matrix(name, head));

function showReadout(text, x, y) {
  const readout = byId("readout");
  readout.textContent = text;
  readout.hidden = false;
  const width = readout.offsetWidth, height = readout.offsetHeight, below = y < height + 12;
  readout.style.left = `${Math.max(6, Math.min(window.innerWidth - width - 6, x - width / 2))}px`;
  readout.style.top = `${Math.max(6, Math.min(window.innerHeight - height - 6, below ? y + 30 : y - height - 8))}px`;
}

function hideReadout() {
  byId("readout").hidden = true;
}

function addChoices(select, count, choose) {
  for (let number = 1; number <= count; number++) {
    element("option", { value: number }, select).textContent = `${number} / ${count}`;
  }
  select.addEventListener("change", () => {
    choose(Number(select.value));
    show();
  });
}

function addControls() {
  const { model, target } = page.data, slider = byId("step"), count = target.tokens.length;
  addChoices(byId("encoder-block"), model.num_encoder_layers, (number) => (state.encoder = number));
  addChoices(byId("decoder-block"), model.num_decoder_layers, (number) => (state.decoder = number));
  addChoices(byId("head"), model.num_heads, (number) => (state.head = number - 1));
  slider.max = count;
  slider.addEventListener("input", () => goTo(Number(slider.value) - 1));
  byId("previous").addEventListener("click", () => goTo(state.step - 1));
  byId("next").addEventListener("click", () => goTo(state.step + 1));
  byId("play").addEventListener("click", play);
}

function goTo(step) {
  state.step = Math.min(page.data.target.tokens.length - 1, Math.max(0, step));
  byId("step").value = state.step + 1;
  showStep();
  for (const view of page.views) view.follow();
  page.tree.follow(state.step + 1);
  draw();
}

function play() {
  const isPlaying = byId("play").getAttribute("aria-pressed") === "true";
  if (!isPlaying && state.step === page.data.target.tokens.length - 1) goTo(0);
  setPlaying(!isPlaying);
}

function setPlaying(isPlaying) {
  clearInterval(page.timer);
  byId("play").setAttribute("aria-pressed", isPlaying);
  byId("play").textContent = isPlaying ? words.pause : words.play;
  if (!isPlaying) return;
  page.timer = setInterval(() => {
    goTo(state.step + 1);
    if (state.step === page.data.target.tokens.length - 1) setPlaying(false);
  }, 1000);
}

function showStep() {
  const { target, next } = page.data, { words: best, chosen } = next[state.step], count = target.tokens.length;
  const about = { step: state.step + 1, count, token: isolated(target.tokens[state.step]), next: isolated(chosen[0]) };
  byId("step-text").textContent = fill(words.step_text, about);
  byId("step").setAttribute("aria-valuetext", fill(words.step_text, about));
  byId("previous").disabled = state.step === 0;
  byId("next").disabled = state.step === count - 1;
  [...byId("target-tokens").children].forEach((item, i) => {
    item.className = i < state.step ? "past" : i === state.step ? "current" : "later";
    item.firstChild.setAttribute("aria-current", i === state.step ? "step" : "false");
  });
  const soFar = byId("so-far");
  soFar.replaceChildren();
  element("bdi", {}, soFar).textContent = target.tokens.slice(0, state.step + 1).map(isolated).join(" ");
  element("b", {}, soFar).textContent = " → ";
  element("bdi", { class: "chosen" }, soFar).textContent = chosen[0];
  showWords(best, chosen);
  for (const place of document.querySelectorAll("[data-place]")) {
    const { encoder, decoder } = state, { num_encoder_layers, num_decoder_layers } = page.data.model;
    place.textContent = {
      encoder: fill(words.block_of, { block: encoder, count: num_encoder_layers }),
      decoder: fill(words.decoder_place, { block: decoder, blocks: num_decoder_layers, step: state.step + 1, count }),
      step: fill(words.step_of, { step: state.step + 1, count }),
    }[place.dataset.place];
  }
}

function showWords(best, chosen) {
  const body = byId("words"), most = Math.max(chosen[2], best[0][2]);
  body.replaceChildren();
  const isIn = best.some(([, id]) => id === chosen[1]);
  [...best, ...(isIn ? [] : [chosen])].forEach(([token, id, probability], i) => {
    const isChosen = id === chosen[1], row = element("tr", { class: isChosen ? "chosen" : "" }, body);
    element("td", {}, row).textContent = isIn || i < best.length ? i + 1 : "…";
    element("bdi", {}, element("td", {}, row)).textContent = token;
    const cell = element("td", {}, row), bar = element("span", { class: "bar" }, cell);
    bar.style.width = `${Math.max(1, 100 * (probability / most)) * 0.55}%`;
    element("span", { class: "number" }, cell).textContent = `${(100 * probability).toFixed(2)} %`;
    if (isChosen) element("span", { class: "tag" }, cell).textContent = words.chosen;
  });
}

function showFound(tree) {
  tree.found.forEach((node, i) => {
    const row = element("tr", { class: i ? "" : "chosen" }, byId("found")), length = node.text.length - 1;
    element("td", {}, row).textContent = i + 1;
    element("bdi", {}, element("td", {}, row)).textContent = node.text.slice(1).join(" ");
    const penalty = page.data.steps[length].penalty;
    for (const text of [exact(node.log_prob, 4), length, penalty.toFixed(4), exact(node.score, 4)]) element("td", {}, row).textContent = text;
  });
}

// Computes all sizes anew, after a change of block, head, width or colours, and draws what is visible.
function show() {
  for (const view of page.views) view.layout();
  showStep();
  drawLater();
}

// Draws visible matrices now, and the others when the browser is idle.
function draw() {
  hideReadout();
  for (const view of page.views) {
    view.isOld = true;
    if (view.isVisible) view.draw();
  }
  drawLater();
}

function drawLater() {
  clearTimeout(page.later);
  page.later = setTimeout(() => {
    const view = page.views.find(({ isOld }) => isOld);
    if (!view) return;
    view.draw();
    drawLater();
  });
}

function watch() {
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    show();
  });
  window.addEventListener("scroll", showPlace, { passive: true });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    palette.colors = {};
    draw();
  });
  page.observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      target.view.isVisible = isIntersecting;
      if (isIntersecting && target.view.isOld) target.view.draw();
    }
  }, { rootMargin: "300px" });
}

// Marks the chapter in view in the contents.
function showPlace() {
  hideReadout();
  const chapters = [...document.querySelectorAll(".chapter")];
  const at = chapters.findLastIndex((chapter) => chapter.getBoundingClientRect().top < 200);
  [...byId("contents").children].forEach((item, i) => item.firstChild.setAttribute("aria-current", i === at));
}

async function start() {
  page.data = JSON.parse(byId("data").textContent);
  words = page.data.words;
  page.bytes = await unpackedBytes(byId("numbers").textContent);
  page.hiddenText = page.data.hidden.toPrecision(8).replace("-", "−");
  document.body.dataset.norm = page.data.model.normalize_first ? "pre" : "post";
  document.body.dataset.length = Math.max(page.data.source.tokens.length, page.data.target.tokens.length) > 16 ? "long" : "short";
  document.body.dataset.output = page.data.model.share_output ? "shared" : "own";
  document.body.dataset.bias = page.data.model.output_bias ? "yes" : "no";
  document.body.dataset.frequencies = page.data.model.position_frequencies;
  document.body.dataset.end = page.data.model.source_end ? "seen" : "hidden";
  const { first_position: first } = page.data.model;
  document.querySelectorAll(".position").forEach((place) => (place.textContent = first ? `(pos + ${first})` : "pos"));
  byId("translation").textContent = page.data.translation;
  byId("rounding").textContent = words.rounding;
  byId("alpha").textContent = page.data.search.length_penalty;
  watch();
  addFacts();
  addContents();
  addControls();
  addTokens(byId("source-tokens"), page.data.source);
  addTokens(byId("target-tokens"), page.data.target, goTo);
  addEmbedding();
  document.querySelectorAll("[data-attention]").forEach(addAttention);
  document.querySelectorAll("[data-feed-forward]").forEach(addFeedForward);
  show();
  page.tree = new SearchTree(byId("tree"), byId("node"), page.data.steps);
  page.tree.follow(1);
  showFound(page.tree);
  document.body.dataset.ready = "true";
}

start().catch((error) => {
  byId("rounding").textContent = `${error}`;
  throw error;
});
