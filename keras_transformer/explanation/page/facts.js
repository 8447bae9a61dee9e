// Tokens, facts of the model and contents, which never change.

function addTokens(list, { tokens, ids }, onClick) {
  tokens.forEach((token, i) => {
    const item = element("li", {}, list), box = onClick ? element("button", { type: "button" }, item) : item;
    const name = element("bdi", {}, box);
    name.textContent = token;
    element("span", { class: "small" }, box).textContent = ids[i];
    if (onClick) box.addEventListener("click", () => onClick(i));
  });
}

function addFacts() {
  const { model, search } = page.data, number = (value) => value.toLocaleString(document.documentElement.lang);
  const facts = {
    blocks: `${model.num_encoder_layers} + ${model.num_decoder_layers}`,
    d: model.hidden_dim,
    heads: model.num_heads,
    d_k: model.hidden_dim / model.num_heads,
    d_ff: model.intermediate_dim,
    vocabulary: model.vocabulary_size === model.target_vocabulary_size ? number(model.vocabulary_size) : `${number(model.vocabulary_size)} / ${number(model.target_vocabulary_size)}`,
    parameters: number(model.parameters),
    norm: model.normalize_first ? words.pre_norm : words.post_norm,
    dtype: model.dtype,
    beam: search.beam_size,
  };
  for (const [name, value] of Object.entries(facts)) {
    const fact = element("div", {}, byId("facts"));
    element("dt", {}, fact).textContent = words.facts[name];
    element("dd", {}, fact).textContent = value;
  }
}

function addContents() {
  const list = byId("contents");
  list.parentElement.open = window.innerWidth > 1000;
  for (const chapter of document.querySelectorAll(".chapter")) {
    const item = element("li", {}, list);
    element("a", { href: `#${chapter.id}` }, item).textContent = chapter.querySelector("h2").firstChild.textContent.trim();
  }
}
