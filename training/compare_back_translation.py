"""Measures BLEU of back-translation on Multi30k: half of the pairs, and the German side of the other half.

A model of German to English, trained on the first half, translates the German side of the other half. Models of English
to German are then trained on the first half alone, with the synthetic pairs, with tagged ones, and on all real pairs.
All are trained for the same number of steps: `python training/compare_back_translation.py data`. A run that was
interrupted continues.
"""

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
from compared_trainings import (
    begin,
    bleu,
    lines_of,
    lines_of_test,
    make_parser,
    multi30k,
    pair_keys,
    sides_of,
    trained,
    write_lines,
)

from keras_transformer.files.markdown_table import markdown_table

TAG = "<bt>"
HALF, SYNTHETIC, TAGGED, ALL = "half of the pairs", "with synthetic pairs", "with tagged synthetic pairs", "all pairs"


def reverse_model(text, options):
    """Returns the model of German to English, of the first half of the pairs."""
    write_half(text, options.output)
    train = pair_keys("train", options.output / "half.de", options.output / "half.en")
    return trained("reverse", train | pair_keys("validation", *sides_of(text, "val", "de", "en")), 1, options)


def write_half(text, folder):
    for side in ("en", "de"):
        lines = lines_of(text(f"train.{side}"))
        write_lines(folder / f"half.{side}", lines[: len(lines) // 2])


def write_synthetic(text, options):
    """Translates the monolingual text, and writes the corpora with synthetic pairs. Finished ones are kept."""
    folder = options.output
    if (folder / "tagged.en").is_file():  # The last file that is written.
        return
    targets, real = lines_of(text("train.de")), lines_of(folder / "half.en")
    search = kt.SearchSettings(sample=True, seed=1) if options.sample else kt.SearchSettings()
    synthetic = reverse_model(text, options).translate(targets[len(real) :], settings=search)
    write_lines(folder / "synthetic.en", [*real, *synthetic])
    write_lines(folder / "tagged.en", [*real, *(f"{TAG} {line}" if line else "" for line in synthetic)])


def main():
    parser = make_parser(__doc__, "back_translation", steps=1500)
    parser.add_argument("--sample", action="store_true", help="sample the synthetic sources [default: a beam of 4]")
    options = parser.parse_args()
    begin(options, sample=options.sample)
    text, folder = multi30k(options), options.output
    write_half(text, folder)
    write_synthetic(text, options)
    corpora = {
        HALF: (folder / "half.en", folder / "half.de"),
        SYNTHETIC: (folder / "synthetic.en", text("train.de")),
        TAGGED: (folder / "tagged.en", text("train.de")),
        ALL: sides_of(text, "train"),
    }
    test = lines_of_test(text)
    rows = [("corpus", *(f"seed {seed}" for seed in options.seeds))]
    for name, sides in corpora.items():
        data = pair_keys("train", *sides) | pair_keys("validation", *sides_of(text, "val"))
        vocabulary = {"size": 4000, "user_defined_symbols": [TAG] if name == TAGGED else []}
        models = (trained(f"{name}, seed {seed}", data, seed, options, vocabulary) for seed in options.seeds)
        rows.append((name, *(bleu(model, *test) for model in models)))
        print(*rows[-1], flush=True)
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    main()
