// Colours of the style sheet, for canvases.

const palette = {
  colors: {},
  color(name) {
    if (!(name in this.colors)) {
      const text = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
      this.colors[name] = [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
    }
    return this.colors[name];
  },
  css(name) {
    return `rgb(${this.color(name).join(" ")})`;
  },
  // The colour of a number between -1 and 1.
  shade(name, part) {
    const end = this.color(part < 0 ? "negative" : name), start = this.color("cell");
    const weight = Math.min(1, Math.abs(part)) ** 0.75;
    return start.map((value, i) => Math.round(value + (end[i] - value) * weight));
  },
};
