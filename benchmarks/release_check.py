"""Trains two models, and compares their quality and the sizes of their artifacts with committed figures.

The models are the demonstration (`phrases`) and ten minutes of Multi30k (`multi30k_short`). The committed
figures, `release_figures.json`, have each score for three seeds. A score fails if it is worse than the worst of the
three by more than their spread. A small floor replaces a smaller spread. A size fails if it differs by more than
1 percent. The exit status is 1 if a comparison fails or the text of a model is missing. `--only phrases` needs no text.

Usage: python benchmarks/release_check.py [--output FOLDER] [--only phrases|multi30k] [--update] [--keep]
                                          [--data FOLDER]
Models of an earlier check in the output folder are removed first. `--keep` continues an interrupted check with them.
`--update` trains the three seeds, which takes three times as long, and writes the figures instead of comparing them.
"""

import argparse
import itertools
import json
import math
import pathlib
import shutil
import subprocess
import sys

import keras_transformer as kt
from keras_transformer.callbacks.history_rows import last_scores
from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.data.sentence_pairs import text_of_pairs, text_pairs
from keras_transformer.metrics.text_scores import corpus_scores
from keras_transformer.recipes import load_recipe

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
# The text of Multi30k: a folder that several clones share, or `data` in the clone.
SHARED_DATA = REPOSITORY.parent / "shared" / "data"
DATA = SHARED_DATA if SHARED_DATA.is_dir() else REPOSITORY / "data"
FIGURES = pathlib.Path(__file__).with_name("release_figures.json")
SEEDS = (1, 2, 3)
# The floor of the spread, in the unit of the score, and whether a higher score is better.
SCORES = {
    "exact match, new sentences": (0.5, True),
    "exact match, new combinations": (0.5, True),
    "validation perplexity": (0.05, False),
    "BLEU, validation": (0.5, True),
    "BLEU, test_2016_flickr": (0.5, True),
}
SIZE_TOLERANCE = 0.01


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, default=REPOSITORY / "models" / "release_check")
    parser.add_argument("--only", choices=list(MEASURES))
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--keep", action="store_true", help="use and continue the models of an interrupted check")
    parser.add_argument("--data", type=pathlib.Path, default=DATA, help="folder of the text of the recipes")
    arguments = parser.parse_args()
    figures = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.is_file() else {}
    rows, failed = [], False
    names = [arguments.only] if arguments.only else list(MEASURES)
    if not arguments.keep:
        for name, seed in itertools.product(names, SEEDS):
            shutil.rmtree(_folder(arguments.output, name, seed), ignore_errors=True)
    for name in names:
        recipe = RECIPE_NAMES[name]
        text = load_recipe(recipe, data_folder=arguments.data).data.train_source
        if text and not pathlib.Path(text).is_file():
            print(f"{name}: not checked, its text is missing (see training/README.md). --only phrases needs none.")
            failed = True
            continue
        seeds = SEEDS if arguments.update else SEEDS[:1]
        scores = [_scores(name, seed, arguments.output, arguments.data) for seed in seeds]
        sizes = _sizes(_folder(arguments.output, name, SEEDS[0]), arguments.output / f"{name}_artifacts")
        if arguments.update:
            figures[name] = {"scores": {key: [each[key] for each in scores] for key in scores[0]}, "sizes": sizes}
        compared = _compared(name, scores[0], sizes, figures.get(name, {"scores": {}, "sizes": {}}))
        rows += compared
        failed = failed or any(row[-1] != "ok" for row in compared)
    if arguments.update:
        FIGURES.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    for row in [("model", "figure", "found", "committed", "limit", ""), *rows]:
        print("  ".join(f"{cell:<{width}}" for cell, width in zip(row, (9, 32, 12, 24, 12, 8))).rstrip())
    return 1 if failed else 0


def _folder(output, name, seed):
    return output / f"{name}_{seed}"


def _scores(name, seed, output, data):
    """Trains one seed, unless its model was kept, and scores the model."""
    folder = _folder(output, name, seed)
    if not (folder / "model.weights.h5").is_file():
        command = [sys.executable, "-m", "keras_transformer", "train", RECIPE_NAMES[name], "--output", folder]
        command += ["--data", data, "--set", f"training.seed={seed}"]
        command += ["--resume"] if (folder / "recipe.toml").is_file() else []
        subprocess.run(list(map(str, command)), check=True)
    return MEASURES[name](folder, kt.Translator.load(folder))


def _phrases(folder, translator):
    splits = phrase_splits()
    names = {"test": "exact match, new sentences", "test_combinations": "exact match, new combinations"}
    scores = {}
    for split, name in names.items():
        sources, references = (list(side) for side in zip(*splits[split], strict=True))
        found = translator.translate(sources)
        equal = sum(one == other for one, other in zip(found, references, strict=True))
        scores[name] = round(100 * equal / len(references), 2)
    return scores


def _multi30k(folder, translator):
    data = load_recipe(folder / "recipe.toml").data
    test = [
        pathlib.Path(path).with_stem("test_2016_flickr") for path in (data.validation_source, data.validation_target)
    ]
    sources, references = (list(side) for side in zip(*text_of_pairs(text_pairs(*test)), strict=True))
    kept = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    return {
        # Scores of the last epoch, whose weights are averaged with earlier ones or kept.
        "validation perplexity": round(last_scores(folder / "history.csv")["val_perplexity"], 4),
        "BLEU, validation": round(kept["bleu"], 2),
        "BLEU, test_2016_flickr": round(corpus_scores(translator.translate(sources), references, "none")["bleu"], 2),
    }


MEASURES = {"phrases": _phrases, "multi30k": _multi30k}
RECIPE_NAMES = {"phrases": "phrases", "multi30k": "multi30k_short"}


def _sizes(folder, artifacts):
    """Bytes of a model's weights and of every artifact made of it, by its name."""
    translator = kt.Translator.load(folder)
    shutil.rmtree(artifacts, ignore_errors=True)
    exports = {"SavedModel": translator.export_saved_model(artifacts / "saved_model" / "1")}
    for quantize in (None, "float16", "int8"):
        kind = quantize or "float32"
        exports[f"TFLite, {kind}"] = translator.export_tflite(artifacts / f"{kind}.tflite", quantize=quantize)
        exports[f"CTranslate2, {kind}"] = translator.export_ctranslate2(artifacts / f"ctranslate2_{kind}", quantize)
    sizes = {name: _bytes_of(path) for name, path in exports.items()}
    return {"weights": _bytes_of(folder / "model.weights.h5"), **sizes}


def _bytes_of(path):
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]
    return sum(file.stat().st_size for file in files)


def _compared(name, scores, sizes, committed):
    """Rows of the table: model, figure, found, committed, limit, and "ok" or the problem."""
    rows = []
    for score, value in scores.items():
        floor, more_is_better = SCORES[score]
        values = committed["scores"].get(score)
        if not values:
            rows.append((name, score, f"{value}", "-", "-", "no figure"))
            continue
        margin = max(floor, max(values) - min(values))
        limit = min(values) - margin if more_is_better else max(values) + margin
        is_worse = math.isnan(value) or (value < limit if more_is_better else value > limit)
        cells = (f"{value}", " ".join(map(str, values)), f"{limit:.2f}")
        rows.append((name, score, *cells, "WORSE" if is_worse else "ok"))
    for artifact, size in sizes.items():
        before = committed["sizes"].get(artifact)
        is_other = before is None or abs(size - before) > SIZE_TOLERANCE * before
        cells = (f"{size:,}", "-" if before is None else f"{before:,}", f"±{SIZE_TOLERANCE:.0%}")
        rows.append((name, f"bytes, {artifact}", *cells, "OTHER" if is_other else "ok"))
    return rows


if __name__ == "__main__":
    sys.exit(main())
