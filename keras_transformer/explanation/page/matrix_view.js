// A matrix with its name and shape. A wide matrix is the numbers of its first columns and a picture.
class MatrixView {
  constructor(place, options) {
    this.options = options;
    this.figure = document.createElement("figure");
    this.figure.className = "matrix";
    this.figure.dataset.name = options.id;
    this.caption = document.createElement("figcaption");
    this.place = document.createElement("div");
    this.place.className = "grids";
    this.figure.append(this.caption, this.place);
    place.append(this.figure);
    this.grids = [];
    this.isVisible = false;
    this.isOld = true;
  }

  // Computes sizes, so that the page does not move when the view is drawn later.
  layout() {
    const matrix = this.options.matrix();
    const kinds = matrix.isWide ? [false, true] : [false];
    if (this.grids.length !== kinds.length) {
      this.place.replaceChildren();
      this.scrolls = kinds.map(() => this.addScroll());
      this.grids = kinds.map((isPicture, i) => new Grid(this.scrolls[i], { ...this.options, isPicture }));
    }
    const bar = matrix.rows > 18 ? 16 : 0, width = this.place.clientWidth - bar;
    this.grids[0].layout(matrix, matrix.isWide ? Math.min(width, 460) : width);
    if (matrix.isWide) {
      const rest = width - this.grids[0].right - bar - 26, isBeside = rest >= 240;
      this.grids[1].layout(matrix, isBeside ? rest : width, isBeside ? this.grids[0].cellHeight : 0);
    }
    this.grids.forEach((grid, i) => (this.scrolls[i].style.width = `${grid.right + 1 + bar}px`));
    this.write(matrix);
    this.isOld = true;
    if (this.isVisible) this.draw();
  }

  // Adds a place of a grid. Rows of all grids scroll together.
  addScroll() {
    const scroll = document.createElement("div");
    scroll.className = "scroll";
    scroll.addEventListener("scroll", () => this.scrolled(scroll), { passive: true });
    this.place.append(scroll);
    return scroll;
  }

  scrolled(scroll) {
    for (const other of this.scrolls) other.scrollTop = scroll.scrollTop;
    if (this.isVisible) return this.grids[this.scrolls.indexOf(scroll)].redraw();
    this.isOld = true;
    drawLater();
  }

  write(matrix) {
    const shape = `${matrix.rows} × ${matrix.width}`, head = this.options.hasHeads ? `, ${fill(words.head, { head: state.head + 1 })}` : "";
    this.caption.replaceChildren();
    const name = document.createElement("b");
    name.className = this.options.color;
    name.textContent = this.options.name;
    this.caption.append(name, ` ${this.options.title || ""} `);
    const note = document.createElement("span");
    note.className = "small";
    const parts = [`${shape}${head}`, `${words.largest} ${short(this.grids[0].largest)}`];
    if (matrix.isWide) parts.push(fill(matrix.step > 1 ? words.wide_step : words.wide, { step: matrix.step }));
    note.textContent = parts.join(" · ");
    this.caption.append(note);
  }

  draw() {
    this.isOld = false;
    for (const grid of this.grids) grid.draw();
  }

  // Scrolls to the current row.
  follow() {
    const { current, columnLabels, rowLabels } = this.options;
    if (!current) return;
    this.grids.forEach((grid, i) => {
      const scroll = this.scrolls[i];
      scroll.scrollTop = grid.top + (current() + 0.5) * grid.cellHeight - scroll.clientHeight / 2;
      if (columnLabels === rowLabels) scroll.scrollLeft = grid.left + (current() + 0.5) * grid.cellWidth - scroll.clientWidth / 2;
    });
  }
}
