"""Adds noise to sentence pairs, a known share of each kind, and records the kind of each line."""

import argparse
import pathlib
import random

LINES = pathlib.Path(__file__).with_name("language_lines.tsv")
ALPHABETS = {
    "Cyrl": "абвгдежзиклмнопрстуфхцчшэюя",
    "Grek": "αβγδεζηθικλμνξοπρστυφχψω",
    "Hang": "가나다라마바사아자차카타파하",
}
TAGS = (
    "<b>{}</b>",
    '<a href="/page">{}</a>',
    "<p>{}",
    "{}<br/>",
    "[i]{}[/i]",
    "&nbsp;{}",
    "{} &amp; more",
    "{{\\an8}}{}",
)
BLANKS = ("", " ", "\u00a0", "\u200b")
CONTROLS = "\x00\x07\x1b\x0b\x7f\x85\x9d"


class Noise:
    """Makes noisy pairs of clean ones.

    Args:
        pairs: a list of `(source, target)` strings.
        seed: seed of the draws.
    """

    def __init__(self, pairs, seed):
        self._pairs = pairs
        self._draw = random.Random(seed)
        self._other_lines = [line.split("\t")[1] for line in LINES.read_text(encoding="utf-8").splitlines()]

    def make(self, kind, pair):
        """Returns a noisy pair of one of `KINDS`."""
        return getattr(self, f"_{kind}")(*pair)

    def _duplicate(self, source, target):
        return source, target

    def _copy(self, source, target):
        return self._draw.choice(
            [(source, source), (target, target), (source, source.lower()), (source, source + " .")]
        )

    def _script(self, source, target):
        alphabet = ALPHABETS[self._draw.choice(sorted(ALPHABETS))]
        return self._on_a_side(source, target, lambda text: self._respelled(text, alphabet))

    def _respelled(self, text, alphabet):
        return "".join(self._draw.choice(alphabet) if each.isalpha() else each for each in text)

    def _language(self, source, target):
        other_source, other_target = self._draw.choice(self._pairs)
        line = self._draw.choice(self._other_lines)
        return self._draw.choice([(source, other_source), (other_target, target), (source, line), (line, target)])

    def _length_ratio(self, source, target):
        if self._draw.random() < 0.5:
            return self._on_a_side(source, target, self._third)
        others = [self._draw.choice(self._pairs) for _ in range(2)]
        if self._draw.random() < 0.5:
            return " ".join([source, *(other[0] for other in others)]), target
        return source, " ".join([target, *(other[1] for other in others)])

    def _third(self, text):
        words = text.split()
        return " ".join(words[: max(1, len(words) // 3)])

    def _encoding(self, source, target):
        damage = self._draw.choice([self._misread, self._misread, self._replaced, self._with_control])
        return self._on_a_side(source, target, damage)

    def _misread(self, text):
        if text.isascii():
            return self._replaced(text)
        data = text.encode("utf-8")
        return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in data)

    def _replaced(self, text):
        place = self._draw.randrange(len(text))
        return f"{text[:place]}\ufffd{text[place + 1 :]}"

    def _with_control(self, text):
        place = self._draw.randrange(1, len(text))
        return f"{text[:place]}{self._draw.choice(CONTROLS)}{text[place:]}"

    def _empty(self, source, target):
        return self._on_a_side(source, target, lambda text: self._draw.choice(BLANKS))

    def _markup(self, source, target):
        tag = self._draw.choice(TAGS)
        return self._on_a_side(source, target, lambda text: tag.format(text))

    def _on_a_side(self, source, target, change):
        return (change(source), target) if self._draw.random() < 0.5 else (source, change(target))


KINDS = ("duplicate", "copy", "script", "language", "length_ratio", "encoding", "empty", "markup")


def noisy_pairs(pairs, share, seed):
    """Returns the pairs with inserted noisy ones, and the kind of each, None for the original pairs.

    Args:
        pairs: a list of `(source, target)` strings. Repeated pairs are removed first.
        share: number of noisy pairs of each kind, as a fraction of the number of pairs.
        seed: seed of the draws.
    """
    pairs = list(dict.fromkeys(pairs))
    noise, draw = Noise(pairs, seed), random.Random(seed)
    placed = [(number, None, pair) for number, pair in enumerate(pairs)]
    for kind in KINDS:
        for number in draw.sample(range(len(pairs)), round(share * len(pairs))):
            # A duplicate is after its original.
            first = number if kind == "duplicate" else 0
            place = first + draw.random() * (len(pairs) - first)
            placed.append((place, kind, noise.make(kind, pairs[number])))
    placed.sort(key=lambda each: each[0])
    return [pair for _, _, pair in placed], [kind for _, kind, _ in placed]


def read_pairs(source, target):
    """Returns the pairs of two text files."""
    texts = [pathlib.Path(path).read_text(encoding="utf-8").split("\n")[:-1] for path in (source, target)]
    return list(zip(*texts, strict=True))


def write_pairs(pairs, *paths):
    """Writes the sides of pairs to two files."""
    for path, texts in zip(paths, zip(*pairs, strict=True), strict=True):
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8", newline="")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("folder", type=pathlib.Path, help="writes noisy.source, noisy.target and noisy.kinds")
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    pairs, kinds = noisy_pairs(read_pairs(arguments.source, arguments.target), arguments.share, arguments.seed)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    write_pairs(pairs, arguments.folder / "noisy.source", arguments.folder / "noisy.target")
    (arguments.folder / "noisy.kinds").write_text("".join(f"{kind or 'clean'}\n" for kind in kinds), encoding="utf-8")
    print(f"{len(pairs):,} pairs, {sum(kind is not None for kind in kinds):,} of them noise")


if __name__ == "__main__":
    main()
