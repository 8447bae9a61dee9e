// The stages of the lecture and the matrices that each shows.

// The chapters of attention: where the matrices are, and the tokens of the queries and of the keys.
const ATTENTION = {
  encoder: { prefix: () => `encoder/${state.encoder}/self_attention`, queries: "source", keys: "source" },
  masked: { prefix: () => `decoder/${state.decoder}/self_attention`, queries: "target", keys: "target" },
  cross: { prefix: () => `decoder/${state.decoder}/cross_attention`, queries: "target", keys: "source" },
};

function addView(stage, id, symbol, color, options) {
  const view = new MatrixView(stage.querySelector(".views"), { id, name: symbol, color, ...options });
  page.views.push(view);
  page.observer.observe(view.figure);
  view.figure.view = view;
}

// Options of a matrix with one row per token. Rows of the target appear step by step.
function rowsOf(side, name, title) {
  const options = { matrix: (head) => page.matrix(typeof name === "function" ? name() : name, head), rowLabels: page.data[side].tokens, title };
  if (side === "target") {
    options.isShown = (row) => row <= state.step;
    options.current = () => state.step;
  }
  return options;
}

function addEmbedding() {
  const stages = (id) => document.getElementById(id);
  addView(stages("embedding"), "rows", "E", "e", rowsOf("source", "source/rows", words.table_rows));
  addView(stages("embedding"), "scaled", "√d·E", "e", rowsOf("source", "source/scaled"));
  addCurves(stages("curves"), page.matrix("source/positions"));
  addView(stages("positions"), "positions", "P", "p", rowsOf("source", "source/positions"));
  addView(stages("sum"), "embedded", "X", "x", rowsOf("source", "source/embedded"));
  addView(stages("r"), "encoder_sequence", "R", "r", rowsOf("source", "encoder_sequence"));
  addView(stages("decoder-input"), "target-embedded", "Y", "x", rowsOf("target", "target/embedded"));
  addView(stages("decoder-output"), "decoder_sequence", "h", "x", rowsOf("target", "decoder_sequence"));
}

function addAttention(section) {
  const kind = section.dataset.attention, { prefix, queries, keys } = ATTENTION[kind];
  const stages = addStages(section, "attention-stages", kind);
  const input = kind === "encoder" ? "X" : "Y";
  const view = (stage, name, symbol, color, options) => addView(stages[stage], `${kind}/${name}`, symbol, color, options);
  const ofQueries = (name, title) => rowsOf(queries, () => `${prefix()}/${name}`, title);
  const ofKeys = (name) => rowsOf(keys, () => `${prefix()}/${name}`);
  const ofHead = (options) => ({ ...options, hasHeads: true, matrix: withHead(options.matrix) });
  addNorm(stages, view, ofQueries, input);
  view("projections", "query", "Q", "q", ofHead(ofQueries("query")));
  view("projections", "key", "K", "k", ofHead(ofKeys("key")));
  view("projections", "value", "V", "v", ofHead(ofKeys("value")));
  const square = (name, symbol, more) => {
    const options = ofHead(ofQueries(name));
    if (kind === "masked") options.isShown = (row, column) => row <= state.step && column <= state.step;
    const tokens = [page.data[queries].tokens, page.data[keys].tokens];
    options.describe = (row, column) => `${symbol}[${isolated(tokens[0][row])} → ${isolated(tokens[1][column])}]`;
    return { ...options, columnLabels: tokens[1], ...more };
  };
  const isHidden = (row, column) => {
    const bias = page.matrix(`${prefix()}/bias`);
    return (column < bias.numberColumns ? bias.number(row, column) : bias.shade(row, column / bias.step)) < 0;
  };
  view("products", "unscaled", "S", "s", square("unscaled", "S"));
  view("scaled", "products", "S/√dₖ", "s", square("products", "S/√dₖ"));
  view("mask", "masked", "S/√dₖ + M", "s", square("products", "S/√dₖ + M", { isHidden }));
  view("softmax", "scores", "A", "a", square("scores", "A"));
  view("mixed", "mixed", "Z", "z", ofHead(ofQueries("mixed")));
  const heads = ofQueries("mixed", words.heads_side_by_side);
  heads.matrix = () => new SideBySide(page.heads(`${prefix()}/mixed`));
  view("heads", "heads", "[Z₁ … Zₕ]", "z", heads);
  view("heads", "sublayer_outputs", "O", "o", ofQueries("sublayer_outputs"));
  addResidual(stages, view, ofQueries);
  stages.scaled.querySelector(".root").textContent = short(Math.sqrt(page.data.model.hidden_dim / page.data.model.num_heads));
  stages.mask.querySelector(".hidden-value").textContent = page.hiddenText;
}

function addFeedForward(section) {
  const block = section.dataset.feedForward, side = block === "encoder" ? "source" : "target";
  const stages = addStages(section, "feed-forward-stages", `${block}-feed-forward`);
  const rows = (name, title) => rowsOf(side, () => `${block}/${state[block]}/feed_forward/${name}`, title);
  const view = (stage, name, symbol, color, options) => addView(stages[stage], `${block}-feed-forward/${name}`, symbol, color, options);
  addNorm(stages, view, rows, "X");
  view("intermediate", "intermediate", "F", "f", rows("intermediate"));
  view("intermediate", "sublayer_outputs", "O", "o", rows("sublayer_outputs"));
  addResidual(stages, view, rows);
  stages.intermediate.querySelector(".activation").textContent = page.data.model.activation;
}

function addNorm(stages, view, rows, input) {
  if (!page.data.model.normalize_first) return;
  view("norm", "residual", "x", "x", rows("residual", words.before));
  view("norm", "sublayer_inputs", input, "x", rows("sublayer_inputs", words.after));
}

function addResidual(stages, view, rows) {
  view("add", "add-residual", "x", "x", rows("residual"));
  view("add", "total", "x + O", "o", rows("total", page.data.model.normalize_first ? "" : words.before));
  if (!page.data.model.normalize_first) view("add", "result", "LayerNorm(x + O)", "x", rows("result", words.after));
}

// Copies the stages of a template into a chapter. Returns them by name.
function addStages(section, template, prefix) {
  section.append(document.getElementById(template).content.cloneNode(true));
  const stages = {};
  for (const stage of section.querySelectorAll("[data-stage]")) {
    if (stage.id) continue;
    stage.id = `${prefix}-${stage.dataset.stage}`;
    stages[stage.dataset.stage] = stage;
  }
  return stages;
}

// Sines and cosines of the first columns by position.
function addCurves(place, positions) {
  const rows = positions.rows, width = 560, height = 150, left = 34;
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words.curves }, place, true);
  const x = (row) => left + (rows > 1 ? (row * (width - left - 60)) / (rows - 1) : 0);
  const y = (number) => height / 2 - number * (height / 2 - 16);
  for (const level of [-1, 0, 1]) {
    element("line", { x1: left, x2: width - 56, y1: y(level), y2: y(level), class: "axis" }, svg, true);
    element("text", { x: left - 6, y: y(level) + 4, class: "end" }, svg, true).textContent = exact(level, 0);
  }
  for (let column = 0; column < Math.min(6, positions.numberColumns); column++) {
    const points = Array.from({ length: rows }, (_, row) => `${x(row)},${y(positions.number(row, column))}`);
    element("polyline", { points: points.join(" "), class: `curve pair${column >> 1}${column % 2 ? " cosine" : ""}` }, svg, true);
  }
  const legend = element("p", { class: "small legend-curves" }, place);
  for (let pair = 0; pair < Math.min(3, positions.numberColumns >> 1); pair++) {
    const label = element("span", { class: `pair${pair}` }, legend);
    label.textContent = `— sin P[pos, ${2 * pair}]   ┄ cos P[pos, ${2 * pair + 1}]`;
  }
}

function element(name, attributes, parent, isSvg = false) {
  const made = isSvg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}
