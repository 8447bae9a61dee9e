"""Compares sentence splitters on paragraphs written by hand, and prints the table of docs/sentences.md.

pip install pysbd sentencex sentence-splitter blingfire syntok kiwipiepy
python benchmarks/sentences.py
"""

# ruff: noqa: PLC0415
import importlib.metadata
import pathlib
import re
import time

PARAGRAPHS = pathlib.Path(__file__).with_name("sentences.txt")
LANGUAGES = ("en", "de", "zh", "ja", "ko")
NO_SPACE = ("zh", "ja")
REPETITIONS = 20


def pysbd_splitter(language):
    import pysbd

    segmenter = pysbd.Segmenter(language=language, clean=False)
    return segmenter.segment


def sentencex_splitter(language):
    import sentencex

    return lambda text: sentencex.segment(language, text)


def sentence_splitter_splitter(language):
    import sentence_splitter

    return sentence_splitter.SentenceSplitter(language=language).split


def blingfire_splitter(language):
    import blingfire

    return lambda text: blingfire.text_to_sentences(text).split("\n")


def syntok_splitter(language):
    import syntok.segmenter

    def split(text):
        sentences = [list(sentence) for paragraph in syntok.segmenter.process(text) for sentence in paragraph]
        return [text[tokens[0].offset : tokens[-1].offset + len(tokens[-1].value)] for tokens in sentences]

    return split


def kiwipiepy_splitter(language):
    if language != "ko":
        raise ValueError("only Korean")
    import kiwipiepy

    kiwi = kiwipiepy.Kiwi()
    return lambda text: [sentence.text for sentence in kiwi.split_into_sents(text)]


def ours_splitter(language):
    from keras_transformer.text.sentences import split_sentences

    return lambda text: split_sentences(text, language)


SPLITTERS = {
    "pysbd": (pysbd_splitter, "MIT"),
    "sentencex": (sentencex_splitter, "MIT"),
    "sentence-splitter": (sentence_splitter_splitter, "LGPL-3.0"),
    "blingfire": (blingfire_splitter, "MIT"),
    "syntok": (syntok_splitter, "MIT"),
    "kiwipiepy": (kiwipiepy_splitter, "Apache-2.0"),
    "keras-transformer": (ours_splitter, "Apache-2.0"),
}


def paragraphs():
    """The paragraphs of each language: lists of their sentences."""
    found, language = {}, None
    for line in PARAGRAPHS.read_text(encoding="utf-8").splitlines():
        if name := re.fullmatch(r"\[(\w+)\]", line):
            language = name[1]
            found[language] = []
        elif line and not line.startswith("#"):
            found[language].append(line.split(" | "))
    return found


def whole(splitter, language, rows):
    """Returns the number of paragraphs with the manual split, and the time per paragraph in microseconds."""
    right, joiner = 0, "" if language in NO_SPACE else " "
    texts = [joiner.join(row) for row in rows]
    for text, row in zip(texts, rows, strict=True):
        right += [sentence.strip() for sentence in splitter(text) if sentence.strip()] == row
    started = time.perf_counter()
    for _ in range(REPETITIONS):
        for text in texts:
            splitter(text)
    return right, 1e6 * (time.perf_counter() - started) / len(texts) / REPETITIONS


def main():
    rows = paragraphs()
    print("| package | licence | " + " | ".join(LANGUAGES) + " | µs a paragraph |")
    print("|---|---|" + "---|" * (len(LANGUAGES) + 1))
    for name, (make, licence) in SPLITTERS.items():
        cells, times = [], []
        for language in LANGUAGES:
            try:
                right, microseconds = whole(make(language), language, rows[language])
            except ImportError:
                cells.append("not installed")
                continue
            except Exception:  # Each package raises its own error for an unsupported language.
                cells.append("-")
                continue
            cells.append(f"{right} of {len(rows[language])}")
            times.append(microseconds)
        version = "" if name == "keras-transformer" else f" {importlib.metadata.version(name)}"
        speed = f"{sum(times) / len(times):,.0f}" if times else "-"
        print(f"| {name}{version} | {licence} | " + " | ".join(cells) + f" | {speed} |", flush=True)


if __name__ == "__main__":
    main()
