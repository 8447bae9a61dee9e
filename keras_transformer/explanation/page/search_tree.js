// The beam search as a tree: a column per step, a row per place in the beam.

const NODE = { width: 108, height: 42, across: 148, down: 54, edge: 10 };

class SearchTree {
  constructor(place, details, steps) {
    this.place = place;
    this.details = details;
    this.measure = document.createElement("canvas").getContext("2d");
    this.measure.font = `14px ${FONT}`;
    this.steps = steps;
    this.nodes = this.linked(steps);
    const rows = Math.max(...steps.map(({ nodes }) => Math.max(...nodes.map(({ slot }) => slot)))) + 1;
    const size = [NODE.across * steps.length, NODE.down * rows + 34];
    this.svg = element("svg", { width: size[0], height: size[1], role: "group", "aria-label": words.tree }, place, true);
    steps.forEach(({ penalty }, step) => this.drawHead(step, penalty));
    for (const node of this.nodes) if (node.from) this.drawEdge(node);
    for (const node of this.nodes) this.drawNode(node);
  }

  // Adds to each node its step, parent and children, and whether a translation of the last beam descends from it.
  linked(steps) {
    const all = [];
    steps.forEach(({ nodes }, step) => {
      for (const node of nodes) {
        const from = step ? steps[step - 1].nodes.find(({ slot }) => slot === node.parent) : null;
        Object.assign(node, { step, from, children: [], isKept: false, isBest: false });
        node.text = node.state === "finished" ? from.text : [...(from ? from.text : []), node.token];
        from?.children.push(node);
        all.push(node);
      }
    });
    const ends = steps.at(-1).nodes.filter(({ state }) => state === "ended" || state === "finished");
    for (const end of ends) for (let node = end; node; node = node.from) node.isKept = true;
    const best = ends.reduce((best, end) => (end.score > best.score ? end : best), ends[0]);
    for (let node = best; node; node = node.from) node.isBest = true;
    this.found = ends.sort((one, other) => other.score - one.score);
    return all;
  }

  x(node) {
    return node.step * NODE.across + 4;
  }

  y(node) {
    return node.slot * NODE.down + 30;
  }

  kind(node) {
    const kind = node.isBest ? "best" : node.isKept ? "live" : "dead";
    return `${kind} ${node.state}`;
  }

  drawHead(step, penalty) {
    const text = step ? `${fill(words.tree_step, { step })} · ÷ ${penalty.toFixed(2)}` : words.tree_start;
    element("text", { x: step * NODE.across + 4, y: 18, class: "head" }, this.svg, true).textContent = text;
  }

  // Marks the column of a step, scrolls to it and selects the hypothesis of the translation.
  follow(step) {
    this.select(this.nodes.find((node) => node.isBest && node.step === step), false);
    this.svg.querySelectorAll(".head").forEach((head, i) => head.classList.toggle("current", i === step));
    this.place.scrollLeft = (step + 0.5) * NODE.across - this.place.clientWidth / 2;
  }

  drawEdge(node) {
    const x1 = this.x(node.from) + NODE.width, x2 = this.x(node), middle = (x1 + x2) / 2;
    const [y1, y2] = [this.y(node.from), this.y(node)].map((y) => y + NODE.height / 2);
    element("path", { d: `M${x1},${y1} C${middle},${y1} ${middle},${y2} ${x2},${y2}`, class: `edge ${this.kind(node)}` }, this.svg, true);
  }

  drawNode(node) {
    const group = element("g", { class: `node ${this.kind(node)}`, tabindex: -1, role: "button" }, this.svg, true);
    const [x, y] = [this.x(node), this.y(node)];
    if (node.state === "finished") {
      element("line", { x1: x, x2: x + NODE.width, y1: y + NODE.height / 2, y2: y + NODE.height / 2, class: "edge" }, group, true);
    }
    const height = node.state === "finished" ? 20 : NODE.height, top = node.state === "finished" ? y + 11 : y;
    element("rect", { x, y: top, width: NODE.width, height, rx: 7 }, group, true);
    const score = exact(node.score, 3);
    if (node.state === "finished") {
      this.write(group, x + NODE.width / 2, top + 14, score, "score");
    } else {
      this.write(group, x + NODE.width / 2, y + 17, isolated(fitting(this.measure, node.token, NODE.width - 14)), "token");
      this.write(group, x + NODE.width / 2, y + 34, node.step ? score : "0", "score");
    }
    if (!node.isKept && !node.children.length) this.write(group, x + NODE.width - 9, top + 13, "✕", "cross");
    group.setAttribute("aria-label", `${node.token} ${score} ${words.states[this.reason(node)]}`);
    group.addEventListener("click", () => this.select(node, true));
    group.addEventListener("keydown", (event) => this.press(event, node));
    node.group = group;
  }

  write(group, x, y, text, kind) {
    element("text", { x, y, class: kind }, group, true).textContent = text;
  }

  press(event, node) {
    const column = this.steps[node.step].nodes, at = column.indexOf(node);
    const next = {
      ArrowLeft: node.from,
      ArrowRight: node.children[0],
      ArrowUp: column[at - 1],
      ArrowDown: column[at + 1],
      Enter: node,
      " ": node,
    };
    if (!(event.key in next)) return;
    event.preventDefault();
    if (next[event.key]) this.select(next[event.key], true);
  }

  reason(node) {
    if (node.state !== "live") return node.state;
    return node.children.length ? "live" : "dropped";
  }

  select(node, focus) {
    if (this.selected) {
      this.selected.group.setAttribute("tabindex", -1);
      this.selected.group.classList.remove("selected");
    }
    this.selected = node;
    node.group.setAttribute("tabindex", 0);
    node.group.classList.add("selected");
    if (focus) node.group.focus();
    this.describe(node);
  }

  describe(node) {
    this.details.replaceChildren();
    const heading = element("p", {}, this.details);
    heading.append(element("b", {}, null), " ");
    heading.firstChild.textContent = node.text.map(isolated).join(" ");
    const length = node.text.length - 1;
    if (length) {
      const penalty = this.steps[length].penalty;
      const numbers = { log_prob: exact(node.log_prob, 4), penalty: penalty.toFixed(4), score: exact(node.score, 4), length };
      element("p", { class: "formula" }, this.details).textContent = fill(words.node_score, numbers);
    }
    element("p", {}, this.details).textContent = fill(words.reasons[this.reason(node)], { beam: page.data.search.beam_size });
    if (node.candidates) this.addCandidates(node);
  }

  addCandidates(node) {
    const penalty = this.steps[node.step + 1].penalty;
    const table = element("table", { class: "candidates" }, this.details);
    const head = element("tr", {}, element("thead", {}, table));
    for (const title of words.candidates) element("th", {}, head).textContent = title;
    const body = element("tbody", {}, table);
    for (const [token, log_prob] of node.candidates) {
      const isChosen = node.children.some((child) => child.token === token), total = node.log_prob + log_prob;
      const row = element("tr", { class: isChosen ? "chosen" : "" }, body);
      element("bdi", {}, element("td", {}, row)).textContent = token;
      for (const number of [log_prob, total, total / penalty]) element("td", {}, row).textContent = exact(number, 3);
      element("td", {}, row).textContent = isChosen ? "✓" : "";
    }
  }
}
