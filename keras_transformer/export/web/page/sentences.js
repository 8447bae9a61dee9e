// Splits a text into parts that are translated one at a time.

// Languages without spaces between sentences, as in keras_transformer/text/sentences.py.
const WITHOUT_SPACE = ["zh", "cmn", "yue", "wuu", "nan", "hak", "gan", "hsn", "lzh", "ja"];
// UTF-16 units that Intl.Segmenter splits at a time. Its time grows faster than the text.
const WINDOW = 2048;

// Returns [{ before, text, after, isCut }, …]. `before` and `after` are white space, and all parts together are the text.
// `isCut`: whether the part is one of several of a sentence that is too long.
//
// language: language tag of the text, or undefined.
// isSplit: whether lines are split into sentences. Otherwise, a line is one part.
// longest: maximum number of code points of a part. Longer parts are cut between words.
export function partsOf(text, language, isSplit, longest) {
  const parts = [];
  for (const line of text.match(/[^\r\n]*(?:\r\n|\r|\n|$)/g)) {
    const sentences = isSplit ? segments(line, language, "sentence") : [line];
    const pieces = sentences.filter(Boolean).flatMap((sentence) => {
      const found = cut(sentence, language, longest);
      return found.map((piece) => ({ piece, isCut: found.length > 1 }));
    });
    pieces.forEach(({ piece, isCut }, i) => {
      const body = piece.trim(), start = body ? piece.length - piece.trimStart().length : piece.length;
      const before = piece.slice(0, start), after = piece.slice(start + body.length);
      if (i) parts.at(-1).after += before;
      if (!i || body) parts.push({ before: i ? "" : before, text: body, after, isCut });
    });
  }
  return parts;
}

// Returns the parts with the space after each translation: a space between two parts of a line, or none in Chinese and
// Japanese.
//
// language: language tag of the translation, or undefined.
export function spacedParts(parts, language) {
  const isWithoutSpace = WITHOUT_SPACE.includes(language?.split("-")[0]);
  return parts.map((part, i) => {
    const isLast = !parts[i + 1]?.text || /[\r\n]/.test(part.after);
    return isLast || !part.text ? part : { ...part, after: isWithoutSpace ? "" : part.after || " " };
  });
}

// Returns a tag that browsers accept: without the prefix of an extended language ("yue" for "zh-yue") and without
// extensions. It is undefined if browsers do not accept the rest.
export function browserTag(language) {
  try {
    return language ? new Intl.Locale(language.replace(/^(?:[a-z]{2,3}-)+(?=[a-z]{3}(?:-|$))/i, "")).baseName : undefined;
  } catch {
    return undefined;
  }
}

function segments(text, language, granularity) {
  if (!("Segmenter" in Intl)) return granularity === "sentence" ? [text] : Array.from(text);
  const segmenter = new Intl.Segmenter(browserTag(language), { granularity }), found = [];
  for (let start = 0; start < text.length; ) {
    const isLast = text.length - start <= WINDOW;
    const window = isLast ? text.slice(start) : text.slice(start, start + WINDOW).replace(/[\uD800-\uDBFF]$/, "");
    let row = Array.from(segmenter.segment(window), ({ segment }) => segment);
    if (!isLast && row.length > 1) row.pop(); // It may continue after the window.
    else if (!isLast && granularity === "sentence") row = [segments(window, language, "word").slice(0, -1).join("") || window];
    found.push(...row);
    start += row.join("").length;
  }
  return found;
}

function cut(text, language, longest) {
  if (lengthOf(text) <= longest) return [text];
  const pieces = [];
  let piece = [], length = 0;
  const words = segments(text, language, "word").flatMap((word) => graphemes(word, language, longest));
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

// Returns the characters of a word that is too long, and the code points of a character that is too long.
function graphemes(word, language, longest) {
  if (lengthOf(word) <= longest) return [word];
  const found = segments(word, language, "grapheme");
  return found.flatMap((grapheme) => (lengthOf(grapheme) > longest ? Array.from(grapheme) : [grapheme]));
}

const lengthOf = (text) => Array.from(text).length;
