// The translation, sentence by sentence, and the translations of the selected sentence.

export class TranslationView {
  // target, alternatives: the elements. section: that of the alternatives. words: texts of the page.
  constructor(target, section, alternatives, language, words) {
    Object.assign(this, { target, section, alternatives, language, words, sentences: [], selected: 0 });
    target.addEventListener("click", (event) => this.select(this.sentences.findIndex(({ element }) => element === event.target)));
    target.addEventListener("keydown", (event) => this.move(event));
  }

  get text() {
    return this.sentences.map(({ before, chosen, after }) => before + chosen + after).join("");
  }

  // Shows the parts of a new text. Old translations remain until new ones arrive, and choices of the user remain.
  start(parts) {
    const old = this.sentences, choices = new Map(old.filter(({ isChoice }) => isChoice).map(({ text, chosen }) => [text, chosen]));
    this.sentences = parts.map((part, i) => this.made({ ...part, chosen: (part.text && old[i]?.chosen) || "" }, choices));
    const nodes = this.sentences.flatMap(({ before, element, after }) => [before, element, after]);
    this.target.replaceChildren(...nodes);
    this.missing = this.sentences.filter(({ found }) => !found).length;
    this.target.classList.toggle("old", this.missing > 0);
    const isKept = this.selected < parts.length && parts[this.selected].text;
    this.select(isKept ? this.selected : Math.max(0, parts.findIndex(({ text }) => text)));
  }

  made(sentence, choices) {
    sentence.element = document.createElement("span");
    const role = sentence.text ? "option" : "none";
    Object.assign(sentence.element, { className: "sentence", role, lang: this.language });
    const { found } = sentence, choice = choices.get(sentence.text);
    if (found) sentence.found = distinct(found);
    if (choice) sentence.isChoice = true;
    this.choose(sentence, choice ?? found?.[0].text ?? sentence.chosen);
    return sentence;
  }

  // Shows the translations of a part, best first.
  set(index, found) {
    const sentence = this.sentences[index];
    sentence.found = distinct(found);
    if (!sentence.isChoice) this.choose(sentence, found[0].text);
    if (index === this.selected) this.select(index);
    if (--this.missing === 0) this.target.classList.remove("old");
  }

  choose(sentence, text) {
    sentence.chosen = text;
    sentence.element.textContent = text;
  }

  select(index) {
    if (index < 0) return;
    this.selected = index;
    this.sentences.forEach(({ element }, i) => {
      element.setAttribute("aria-selected", String(i === index && this.sentences.length > 1));
      element.tabIndex = i === index ? 0 : -1;
    });
    this.showAlternatives(this.sentences[index]);
  }

  move(event) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    let index = this.selected + step;
    while (this.sentences[index] && !this.sentences[index].text) index += step; // Blank parts.
    if (!this.sentences[index]) return;
    event.preventDefault();
    this.select(index);
    this.sentences[index].element.focus();
  }

  showAlternatives(sentence) {
    this.section.hidden = !sentence?.text;
    if (!sentence?.found) return;
    this.alternatives.replaceChildren();
    for (const { text, score } of sentence.found) {
      const button = document.createElement("button"), words = document.createElement("bdi"), number = document.createElement("span");
      button.type = "button";
      button.setAttribute("aria-pressed", String(text === sentence.chosen));
      Object.assign(words, { lang: this.language, textContent: text });
      Object.assign(number, { className: "small", textContent: this.words.score.replace("{score}", score.toFixed(3)) });
      button.append(words, number);
      button.addEventListener("click", () => {
        sentence.isChoice = true;
        this.choose(sentence, text);
        for (const each of this.alternatives.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === button));
      });
      const item = document.createElement("li");
      item.append(button);
      this.alternatives.append(item);
    }
  }
}

// Drops equal texts, and texts without a score: the search has found fewer than it keeps.
function distinct(found) {
  return found.filter(({ text, score }, i) => {
    return i === 0 || (text && Number.isFinite(score) && found.findIndex((other) => other.text === text) === i);
  });
}
