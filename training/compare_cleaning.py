"""Measures BLEU of models that are trained on Multi30k as it is, with added noise, and with the noise cleaned.

It trains three models per seed with the bundled recipe multi30k_short: `python training/compare_cleaning.py data`.
"""

import keras_transformer as kt

kt.use_onednn()

import argparse
import pathlib
import sys

from keras_transformer.files.markdown_table import markdown_table
from keras_transformer.metrics.text_scores import corpus_scores

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "benchmarks"))
from corpus_noise import noisy_pairs, read_pairs, write_pairs


def write_corpora(texts, folder, share, seed):
    """Writes the training texts of each corpus and returns their paths by the name of the corpus."""
    paths = {name: (folder / f"{name}.en", folder / f"{name}.de") for name in ("plain", "noisy", "cleaned")}
    pairs = read_pairs(texts / "train.en", texts / "train.de")
    write_pairs(pairs, *paths["plain"])
    write_pairs(noisy_pairs(pairs, share, seed)[0], *paths["noisy"])
    print(kt.cleaning.clean_files(*paths["noisy"], output_prefix=folder / "cleaned"))
    return paths


def bleu(translator, texts):
    """Returns the BLEU of a model on the test set."""
    sources, references = map(list, zip(*read_pairs(texts / "test_2016_flickr.en", texts / "test_2016_flickr.de")))
    return corpus_scores(translator.translate(sources), references, "none", False, ("bleu",))["bleu"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=pathlib.Path, help="folder that has multi30k/tok")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("models/cleaning"))
    parser.add_argument("--share", type=float, default=0.05, help="noisy pairs of each kind")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    texts = (arguments.data / "multi30k" / "tok").resolve()
    rows = [("corpus", *(f"seed {seed}" for seed in arguments.seeds))]
    scores = {}
    for seed in arguments.seeds:
        folder = arguments.output / f"seed-{seed}"
        folder.mkdir()
        for name, (source, target) in write_corpora(texts, folder, arguments.share, seed).items():
            files = [f"data.train_source={source.resolve()}", f"data.train_target={target.resolve()}"]
            recipe = kt.recipes.load_recipe("multi30k_short", [*files, f"training.seed={seed}"], arguments.data)
            scores[name, seed] = bleu(kt.train(recipe, folder / name), texts)
    for name in ("plain", "noisy", "cleaned"):
        rows.append((name, *(f"{scores[name, seed]:.2f}" for seed in arguments.seeds)))
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    main()
