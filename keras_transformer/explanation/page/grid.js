// Draws a matrix on a canvas: labels, cells with numbers where they fit, and a cursor for pointer and keyboard.

const isolated = (token) => `\u2068${token}\u2069`;
const isSyllabic = (text) => /^[▁\p{Script=Hangul}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+$/u.test(text);
const FONT = 'system-ui, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", NanumGothic, sans-serif';
const NUMBER_FONT = '"Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", sans-serif';
const LABEL_WIDTH = 92, HEADER_HEIGHT = 74, MOST_SIGNS = 5;

// The text, shortened to a width in pixels.
function fitting(context, text, width) {
  let found = text;
  for (let end = [...text].length - 1; end > 0 && context.measureText(found).width > width; end--) {
    found = [...text].slice(0, end).join("") + "…";
  }
  return found;
}

class Grid {
  // `options`: name, color, rowLabels, columnLabels (or null), isShown, isHidden, current, describe, isPicture.
  constructor(place, options) {
    this.options = options;
    this.canvas = document.createElement("canvas");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.context = this.canvas.getContext("2d");
    this.cursor = null;
    place.append(this.canvas);
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerdown", (event) => this.point(event));
    // A finger leaves at the end of a tap, and the number stays. It is cancelled when the page scrolls.
    this.canvas.addEventListener("pointerleave", ({ pointerType }) => pointerType === "touch" || this.leave());
    this.canvas.addEventListener("pointercancel", () => this.leave());
    this.canvas.addEventListener("blur", () => this.leave());
    this.canvas.addEventListener("keydown", (event) => this.press(event));
  }

  get columns() {
    return this.options.isPicture ? this.matrix.pictureColumns : this.matrix.numberColumns;
  }

  // The column of the matrix that is drawn in a column.
  index(column) {
    return this.options.isPicture ? this.matrix.pictured(column) : column;
  }

  value(row, column) {
    return this.options.isPicture ? this.matrix.shade(row, column) : this.matrix.number(row, column);
  }

  // Sets the sizes of all parts for a width in pixels.
  layout(matrix, width, cellHeight) {
    this.matrix = matrix;
    const context = this.context, { rowLabels, columnLabels, isPicture } = this.options;
    context.font = `12px ${FONT}`;
    this.left = Math.min(width < 420 ? 62 : LABEL_WIDTH, Math.ceil(Math.max(...rowLabels.map((label) => context.measureText(label).width)))) + 8;
    const room = Math.max(60, width - this.left - 2);
    const largest = matrix.largest(); // Of the numbers, which of a wide matrix are the first columns.
    this.largest = matrix.isWide ? Math.max(largest, matrix.largest(true)) : largest;
    this.numberFont = `${width < 420 ? 10 : 11}px ${NUMBER_FONT}`;
    context.font = this.numberFont;
    const digits = context.measureText(short(-Math.max(largest, 1))).width + 3;
    const least = columnLabels ? 15 : matrix.isWide ? digits : 3.5, most = columnLabels ? 56 : 46;
    this.cellWidth = isPicture ? Math.min(8, room / this.columns) : Math.min(most, Math.max(least, room / this.columns));
    this.hasNumbers = !isPicture && this.cellWidth >= digits;
    this.cellHeight = cellHeight || (this.hasNumbers ? 22 : matrix.rows > 30 ? 14 : 18);
    this.top = this.headerHeight();
    this.right = this.left + this.cellWidth * this.columns;
    this.bottom = this.top + this.cellHeight * matrix.rows;
    const scale = window.devicePixelRatio || 1;
    const size = [this.right + 1, this.bottom + 1];
    this.canvas.width = Math.ceil(size[0] * scale);
    this.canvas.height = Math.ceil(size[1] * scale);
    this.canvas.style.width = `${size[0]}px`;
    this.canvas.style.height = `${size[1]}px`;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const shape = fill(words.shape, { name: this.options.name, rows: matrix.rows, columns: matrix.width });
    this.canvas.setAttribute("aria-label", `${shape} ${words.keys}`);
  }

  headerHeight() {
    const labels = this.options.columnLabels;
    if (!labels) return 16;
    this.context.font = `12px ${FONT}`;
    const widths = labels.map((label) => this.context.measureText(label).width);
    this.isLevel = Math.max(...widths) <= this.cellWidth - 3;
    if (this.isLevel) return 20;
    const heights = labels.map((label, i) => (isSyllabic(label) ? 13 * [...label].length : widths[i]));
    return Math.min(HEADER_HEIGHT, Math.max(...heights)) + 8;
  }

  draw() {
    this.picture = null;
    this.redraw();
  }

  // Draws the same picture with another cursor, or after its place has scrolled. Labels stay in sight.
  redraw() {
    const { scrollLeft, scrollTop } = this.canvas.parentElement;
    this.cover(0, 0, this.right + 1, this.bottom + 1);
    if (this.options.isPicture) this.drawPicture();
    else this.drawCells();
    this.drawOutlines();
    this.context.save();
    this.context.translate(scrollLeft, 0);
    this.drawRowLabels();
    this.context.restore();
    this.context.save();
    this.context.translate(0, scrollTop);
    this.drawHeader();
    this.context.restore();
    this.cover(scrollLeft, scrollTop, this.left - 1, this.top - 1);
  }

  cover(x, y, width, height) {
    this.context.fillStyle = palette.css("card");
    this.context.fillRect(x, y, width, height);
  }

  drawCells() {
    const context = this.context, { isShown, isHidden, color } = this.options;
    context.font = this.numberFont;
    context.textAlign = "center";
    context.textBaseline = "middle";
    const gap = this.cellWidth > 8 ? 1 : 0;
    for (let row = 0; row < this.matrix.rows; row++) {
      for (let column = 0; column < this.columns; column++) {
        const x = this.left + column * this.cellWidth, y = this.top + row * this.cellHeight;
        if (isShown && !isShown(row, column)) {
          context.fillStyle = palette.css("blank");
          context.fillRect(x, y, this.cellWidth - gap, this.cellHeight - gap);
          continue;
        }
        const isMasked = isHidden && isHidden(row, column), number = this.matrix.number(row, column);
        const shade = isMasked ? palette.color("mask") : palette.shade(color, number / (this.largest || 1));
        context.fillStyle = `rgb(${shade.join(" ")})`;
        context.fillRect(x, y, this.cellWidth - gap, this.cellHeight - gap);
        if (!this.hasNumbers && !(isMasked && this.cellWidth >= 18)) continue;
        const light = (shade[0] * 299 + shade[1] * 587 + shade[2] * 114) / 1000;
        context.fillStyle = light > 140 ? "#10151c" : "#ffffff";
        context.fillText(isMasked ? "−∞" : short(number, this.matrix.decimals), x + this.cellWidth / 2, y + this.cellHeight / 2 + 0.5);
      }
    }
  }

  drawPicture() {
    const { matrix, columns } = this;
    this.picture ??= this.pixels();
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(this.picture, this.left, this.top, this.right - this.left, this.bottom - this.top);
    this.context.fillStyle = palette.css("card");
    for (let row = 1; row < matrix.rows; row++) this.context.fillRect(this.left, this.top + row * this.cellHeight - 1, this.right - this.left, 1);
    for (let at = matrix.eachPicture; at < columns; at += matrix.eachPicture) this.context.fillRect(this.left + at * this.cellWidth - 1, this.top, 2, this.bottom - this.top);
  }

  // A canvas with a pixel per number.
  pixels() {
    const { matrix, columns } = this, image = new ImageData(columns, matrix.rows);
    const { isShown, isHidden, color } = this.options, power = matrix.power === 2 ? 0.5 : 1;
    for (let row = 0; row < matrix.rows; row++) {
      for (let column = 0; column < columns; column++) {
        const part = matrix.shade(row, column) / (this.largest || 1);
        let shade = palette.shade(color, Math.sign(part) * Math.abs(part) ** power);
        if (isHidden && isHidden(row, this.index(column))) shade = palette.color("mask");
        if (isShown && !isShown(row, this.index(column))) shade = palette.color("blank");
        image.data.set([...shade, 255], 4 * (row * columns + column));
      }
    }
    const plain = document.createElement("canvas");
    plain.width = columns;
    plain.height = matrix.rows;
    plain.getContext("2d").putImageData(image, 0, 0);
    return plain;
  }

  drawOutlines() {
    const current = this.options.current ? this.options.current() : -1;
    if (current >= 0) this.outline(this.left, this.top + current * this.cellHeight, this.right - this.left, this.cellHeight, "accent");
    if (!this.cursor) return;
    const [row, column] = this.cursor;
    this.outline(this.left + column * this.cellWidth, this.top + row * this.cellHeight, Math.max(2, this.cellWidth), this.cellHeight, "ink");
  }

  drawRowLabels() {
    const context = this.context, shown = this.options.current ? this.options.current() : this.matrix.rows;
    this.cover(0, 0, this.left - 1, this.bottom + 1);
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.font = `12px ${FONT}`;
    this.options.rowLabels.slice(0, this.matrix.rows).forEach((label, row) => {
      context.fillStyle = palette.css(row <= shown ? "ink" : "faint");
      const y = this.top + (row + 0.5) * this.cellHeight;
      context.fillText(isolated(fitting(context, label, this.left - 6)), this.left - 6, y);
    });
  }

  drawHeader() {
    const context = this.context, labels = this.options.columnLabels, every = Math.ceil(13 / this.cellWidth);
    this.cover(0, 0, this.right + 1, this.top - 1);
    context.fillStyle = palette.css("ink");
    context.textBaseline = "middle";
    context.textAlign = "center";
    if (!labels) return this.drawIndices();
    context.font = `12px ${FONT}`;
    for (let column = 0; column < this.columns; column += every) {
      this.drawColumnLabel(labels[this.index(column)], this.left + (column + 0.5) * this.cellWidth);
    }
  }

  // Level where all labels fit, otherwise from top to bottom or rotated.
  drawColumnLabel(label, x) {
    const context = this.context;
    if (this.isLevel) return context.fillText(isolated(label), x, this.top - 9);
    if (isSyllabic(label)) {
      const signs = [...label];
      if (signs.length > MOST_SIGNS) signs.splice(MOST_SIGNS - 1, signs.length, "⋮");
      return signs.forEach((sign, i) => context.fillText(sign, x, this.top - 9 - 13 * (signs.length - 1 - i)));
    }
    context.save();
    context.translate(x, this.top - 4);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.fillText(isolated(fitting(context, label, HEADER_HEIGHT)), 0, 0);
    context.restore();
  }

  drawIndices() {
    const context = this.context;
    context.fillStyle = palette.css("muted");
    context.font = `10px ${NUMBER_FONT}`;
    const every = this.cellWidth >= 20 ? 1 : [4, 8, 16, 32, 64, 128, 256].find((size) => size * this.cellWidth >= 26);
    for (let column = 0; column < this.columns; column += every) {
      context.fillText(this.index(column), this.left + (column + (every === 1 ? 0.5 : 0)) * this.cellWidth + (every === 1 ? 0 : 5), this.top - 8);
    }
  }

  outline(x, y, width, height, color) {
    this.context.strokeStyle = palette.css(color);
    this.context.lineWidth = 2;
    this.context.strokeRect(x, y, width - 1, height - 1);
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect(), { scrollLeft, scrollTop } = this.canvas.parentElement;
    const x = event.clientX - box.left - this.left, y = event.clientY - box.top - this.top;
    const row = Math.floor(y / this.cellHeight), column = Math.floor(x / this.cellWidth);
    const isLabel = x < scrollLeft || y < scrollTop;
    if (isLabel || row >= this.matrix.rows || column >= this.columns) return this.leave();
    this.move(row, column);
  }

  press(event) {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.key === "Escape") return this.leave();
    if (!(event.key in steps)) return;
    event.preventDefault();
    const [down, right] = steps[event.key], [row, column] = this.cursor || [-down, -right];
    const within = (at, size) => Math.min(size - 1, Math.max(0, at));
    const cell = [within(row + down, this.matrix.rows), within(column + right, this.columns)];
    this.reveal(...cell);
    this.move(...cell);
  }

  // Scrolls until a cell is in sight, next to the labels.
  reveal(row, column) {
    const scroll = this.canvas.parentElement, x = column * this.cellWidth, y = row * this.cellHeight;
    const near = (at, start, room) => Math.max(Math.min(at, start), start - room);
    scroll.scrollLeft = near(scroll.scrollLeft, x, scroll.clientWidth - this.left - this.cellWidth - 1);
    scroll.scrollTop = near(scroll.scrollTop, y, scroll.clientHeight - this.top - this.cellHeight - 1);
  }

  move(row, column) {
    this.cursor = [row, column];
    this.redraw();
    const box = this.canvas.getBoundingClientRect();
    showReadout(this.text(row, column), box.left + this.left + (column + 0.5) * this.cellWidth, box.top + this.top + row * this.cellHeight);
  }

  leave() {
    if (!this.cursor) return;
    this.cursor = null;
    this.redraw();
    hideReadout();
  }

  text(row, column) {
    const { isShown, isHidden, describe, rowLabels, columnLabels, name, isPicture } = this.options;
    const at = this.index(column);
    if (isShown && !isShown(row, at)) return words.later;
    const place = describe ? describe(row, at) : null;
    const index = columnLabels ? isolated(columnLabels[at]) : at;
    const start = place || `${name}[${isolated(rowLabels[row])}, ${index}]`;
    if (isHidden && isHidden(row, at)) return `${start} = ${page.hiddenText} (${words.stands_for})`;
    if (isPicture && !this.matrix.isExact) return `${start} ≈ ${this.matrix.shade(row, column).toPrecision(2).replace("-", "−")}`;
    return `${start} = ${exact(this.value(row, column), this.matrix.decimals)}`;
  }
}
