// Splits a text into parts that are translated one at a time.

// Returns [{ before, text, after }, …]. `before` and `after` are white space, and all parts together are the text.
//
// language: language tag of the text, or undefined.
// isSplit: whether lines are split into sentences. Otherwise, a line is one part.
// longest: maximum number of code points of a part. Longer parts are cut between words.
export function partsOf(text, language, isSplit, longest) {
  const parts = [];
  for (const line of text.match(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    const sentences = isSplit ? segments(line, language, "sentence") : [line];
    for (const sentence of sentences.filter(Boolean)) {
      const [, before, content, after] = sentence.match(/^(\s*)(.*?)(\s*)$/su);
      const pieces = content ? cut(content, language, longest) : [""];
      pieces.forEach((piece, i) => {
        parts.push({ before: i ? "" : before, text: piece, after: i === pieces.length - 1 ? after : "" });
      });
    }
  }
  return parts;
}

function segments(text, language, granularity) {
  if (!("Segmenter" in Intl)) return granularity === "sentence" ? [text] : Array.from(text);
  const segmenter = new Intl.Segmenter(language, { granularity });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function cut(text, language, longest) {
  if (lengthOf(text) <= longest) return [text];
  const pieces = [];
  let piece = [], length = 0;
  const words = segments(text, language, "word").flatMap((word) => (lengthOf(word) > longest ? Array.from(word) : [word]));
  for (const word of words) {
    if (length + lengthOf(word) > longest) {
      pieces.push(piece.join(""));
      [piece, length] = [[], 0];
    }
    piece.push(word);
    length += lengthOf(word);
  }
  return [...pieces, piece.join("")];
}

const lengthOf = (text) => Array.from(text).length;
