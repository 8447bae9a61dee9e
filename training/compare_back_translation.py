"""Measures BLEU of back-translation on Multi30k: half of the pairs, and the German side of the other half.

A model of German to English, trained on the first half, translates the German side of the other half. Models of English
to German are then trained on the first half alone, with the synthetic pairs, with tagged ones, and on all real pairs.
All are trained for the same number of steps: `python training/compare_back_translation.py data`. A finished model in
the output folder is used again. A run with other settings needs another folder.
"""

import keras_transformer as kt

kt.use_onednn()

import argparse
import pathlib
import sys

from keras_transformer.files.markdown_table import markdown_table
from keras_transformer.files.small_files import read_json
from keras_transformer.files.whole_files import write_json, write_text
from keras_transformer.metrics.text_scores import corpus_scores

TAG = "<bt>"
CORPORA = ("half of the pairs", "with synthetic pairs", "with tagged synthetic pairs", "all pairs")


def check_settings(folder, settings):
    """Ends the program if the results of a folder are those of other settings. Otherwise it writes the settings."""
    file = folder / "settings.json"
    # Results without settings are those of an earlier version.
    unknown = {} if (folder / "tagged.de").is_file() else settings
    before = read_json(file) if file.is_file() else unknown
    if before != settings:
        sys.exit(f"{folder}: the folder has results of {before or 'unknown settings'}. Choose another --output.")
    write_json(file, settings)


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def write_pairs(sources, targets, folder, name):
    """Writes the sides of a corpus and returns their paths."""
    paths = folder / f"{name}.en", folder / f"{name}.de"
    for path, lines in zip(paths, (sources, targets)):
        write_text(path, "".join(f"{line}\n" for line in lines))
    return paths


def trained(paths, texts, folder, seed, steps, tagged=False, suffixes=("en", "de")):
    """Trains a model of a corpus, or loads it if it is finished."""
    if (folder / "model.weights.h5").is_file():
        return kt.Translator.load(folder)
    (source, target), (source_suffix, target_suffix) = paths, suffixes
    sections = {
        "data": {
            "train_source": str(source),
            "train_target": str(target),
            "validation_source": str(texts / f"val.{source_suffix}"),
            "validation_target": str(texts / f"val.{target_suffix}"),
        },
        "vocabulary": {"size": 4000, "user_defined_symbols": [TAG] if tagged else []},
        "model": {"preset": "tiny", "dropout": 0.2, "normalize_first": True},
        "training": {"steps": steps, "seed": seed, "learning_rate": 0.004, "decay": "linear"},
        "evaluation": {"at_end": False},
    }
    return kt.train(kt.recipes.recipe_from_dict(sections), folder, resume=folder.exists())


def write_corpora(texts, folder, steps, sample):
    """Translates the monolingual text, writes the corpora, and returns their paths by name."""
    sources, targets = (lines_of(texts / f"train.{side}") for side in ("en", "de"))
    half = len(sources) // 2
    paths = {
        CORPORA[0]: write_pairs(sources[:half], targets[:half], folder, "half"),
        CORPORA[3]: write_pairs(sources, targets, folder, "all"),
    }
    if not (folder / "tagged.de").is_file():  # The last file that is written.
        reverse = trained(paths[CORPORA[0]][::-1], texts, folder / "reverse", 1, steps, suffixes=("de", "en"))
        settings = kt.SearchSettings(sample=True, seed=1) if sample else kt.SearchSettings()
        synthetic = reverse.translate(targets[half:], settings=settings)
        write_pairs([*sources[:half], *synthetic], targets, folder, "synthetic")
        tagged = [f"{TAG} {line}" if line else "" for line in synthetic]
        write_pairs([*sources[:half], *tagged], targets, folder, "tagged")
    for name, file in zip(CORPORA[1:3], ("synthetic", "tagged")):
        paths[name] = folder / f"{file}.en", folder / f"{file}.de"
    return paths


def bleu(translator, texts):
    """Returns the BLEU of a model on the test set."""
    sources, references = (lines_of(texts / f"test_2016_flickr.{side}") for side in ("en", "de"))
    return corpus_scores(translator.translate(sources), references, "none", False, ("bleu",))["bleu"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=pathlib.Path, help="folder that has multi30k/tok")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("models/back_translation"))
    parser.add_argument("--sample", action="store_true", help="sample the synthetic sources [default: a beam of 4]")
    parser.add_argument("--steps", type=int, default=900, help="optimizer steps of each model")
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2], help="none: only the corpora are written")
    parser.add_argument("--only", action="append", choices=CORPORA, help="one of the corpora [default: all]")
    arguments = parser.parse_args()
    texts, folder = arguments.data.resolve() / "multi30k" / "tok", arguments.output.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    check_settings(folder, {"sample": arguments.sample, "steps": arguments.steps})
    paths = write_corpora(texts, folder, arguments.steps, arguments.sample)
    rows = [("corpus", *(f"seed {seed}" for seed in arguments.seeds))]
    for number, name in enumerate(CORPORA):
        if not arguments.only or name in arguments.only:
            models = (
                trained(paths[name], texts, folder / f"{number}-{seed}", seed, arguments.steps, number == 2)
                for seed in arguments.seeds
            )
            rows.append((name, *(f"{bleu(model, texts):.2f}" for model in models)))
            print(*rows[-1], flush=True)
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    main()
