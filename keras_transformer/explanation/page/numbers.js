"use strict";

// Reads the matrices that keras_transformer/explanation/packed_numbers.py has packed.

async function unpackedBytes(text) {
  const binary = atob(text);
  const packed = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) packed[i] = binary.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// One matrix, or one head of a matrix of heads. `columns` of a picture are those that the picture has.
class Matrix {
  constructor(bytes, entry, head = 0) {
    const [rows, width] = entry.shape.slice(-2);
    this.bytes = bytes;
    this.rows = rows;
    this.width = width;
    this.isWide = "picture" in entry;
    this.decimals = entry.decimals;
    this.step = entry.step || 1;
    this.numberColumns = this.isWide ? 8 : width;
    this.count = entry.shape.slice(0, -1).reduce((product, size) => product * size, 1) * this.numberColumns;
    this.at = entry.at;
    this.first = head * rows * this.numberColumns;
    if (this.isWide) {
      this.unit = entry.unit;
      this.power = entry.power;
      this.pictureColumns = Math.ceil(width / entry.step);
      this.picture = entry.picture + head * rows * this.pictureColumns;
    }
  }

  number(row, column) {
    const i = this.at + this.first + row * this.numberColumns + column;
    const integer = ((this.bytes[i] | (this.bytes[i + this.count] << 8)) << 16) >> 16;
    return integer / 10 ** this.decimals;
  }

  shade(row, column) {
    const integer = (this.bytes[this.picture + row * this.pictureColumns + column] << 24) >> 24;
    return Math.sign(integer) * Math.abs(integer) ** this.power * this.unit;
  }

  // The column of the matrix that a column of the picture shows.
  pictured(column) {
    return column * this.step;
  }

  // Of the numbers, or of the picture.
  largest(isPicture = false) {
    const columns = isPicture ? this.pictureColumns : this.numberColumns;
    let largest = 0;
    for (let row = 0; row < this.rows; row++) {
      for (let column = 0; column < columns; column++) {
        largest = Math.max(largest, Math.abs(isPicture ? this.shade(row, column) : this.number(row, column)));
      }
    }
    return largest;
  }
}

// The matrices of all heads side by side. Their picture has the exact numbers, or the pictures of wide heads.
class SideBySide {
  constructor(heads) {
    const [head] = heads;
    this.heads = heads;
    this.rows = head.rows;
    this.each = head.width;
    this.width = this.each * heads.length;
    this.isWide = this.width > 64;
    this.isExact = !head.isWide;
    this.decimals = head.decimals;
    this.step = head.step;
    this.power = head.power;
    this.numberColumns = this.isWide ? 8 : this.width;
    this.eachPicture = head.isWide ? head.pictureColumns : this.each;
    this.pictureColumns = this.eachPicture * heads.length;
  }

  number(row, column) {
    return this.heads[Math.floor(column / this.each)].number(row, column % this.each);
  }

  shade(row, column) {
    const head = this.heads[Math.floor(column / this.eachPicture)], within = column % this.eachPicture;
    return head.isWide ? head.shade(row, within) : head.number(row, within);
  }

  pictured(column) {
    return Math.floor(column / this.eachPicture) * this.each + (column % this.eachPicture) * this.step;
  }

  largest(isPicture = false) {
    return Math.max(...this.heads.map((head) => head.largest(isPicture && head.isWide)));
  }
}

function exact(number, decimals) {
  return number.toFixed(Math.max(0, decimals)).replace("-", "−");
}

// At most five characters, for a cell, and not more decimals than the number has.
function short(number, decimals = 2) {
  const size = Math.abs(number);
  const text = exact(number, Math.min(decimals, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2));
  return /^−0(\.0*)?$/.test(text) ? text.slice(1) : text;
}
