"""Measures BLEU of one model of two directions against two models of one direction each, on Multi30k.

All models have the same size. The model of two directions is trained for as many steps as both others together:
`python training/compare_directions.py data`.
"""

import keras_transformer as kt

kt.use_onednn()

import argparse
import pathlib

from keras_transformer.files.markdown_table import markdown_table
from keras_transformer.metrics.text_scores import corpus_scores

DIRECTIONS = [("de", "en"), ("en", "de")]


def trained(texts, folder, directions, steps, seed, size):
    """Trains a model of some directions, and returns its folder."""
    name = "+".join("-".join(direction) for direction in directions)
    files = {"train": "train", "validation": "val"}
    data = {
        f"{split}_{side}": [str(texts / f"{file}.{pair[number]}") for pair in directions]
        for split, file in files.items()
        for number, side in enumerate(("source", "target"))
    }
    data |= {"source_language": [source for source, _ in directions]}
    data |= {"target_language": [target for _, target in directions]}
    if len(directions) == 1:
        data = {key: value[0] for key, value in data.items()}  # No tag.
    output = folder / f"{name}-{seed}"
    sections = {
        "data": data,
        "vocabulary": {"size": size},
        "model": {"preset": "tiny", "dropout": 0.3, "normalize_first": True},
        "training": {"steps": steps, "seed": seed, "learning_rate": 0.004, "decay": "linear"},
        "evaluation": {"at_end": False},
    }
    kt.train(kt.recipes.recipe_from_dict(sections), output)
    return output


def bleu(texts, model, source, target):
    """Returns BLEU of a model in a direction on the test set."""
    translator = kt.Translator.load(model, target_language=target)
    sources, references = ((texts / f"test_2016_flickr.{side}").read_text().splitlines() for side in (source, target))
    return corpus_scores(translator.translate(sources), references, "none", False, ("bleu",))["bleu"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=pathlib.Path, help="folder that has multi30k/tok")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("models/directions"))
    parser.add_argument("--steps", type=int, default=8000, help="optimizer steps of a model of one direction")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--size", type=int, default=8000, help="number of tokens of the vocabulary")
    arguments = parser.parse_args()
    texts, folder = arguments.data.resolve() / "multi30k" / "tok", arguments.output.resolve()
    folder.mkdir(parents=True)
    rows = [("seed", "direction", "model of one direction", "model of both directions")]
    for seed in arguments.seeds:
        common = (seed, arguments.size)
        both = trained(texts, folder, DIRECTIONS, 2 * arguments.steps, *common)
        for direction in DIRECTIONS:
            alone = trained(texts, folder, [direction], arguments.steps, *common)
            scores = [f"{bleu(texts, model, *direction):.2f}" for model in (alone, both)]
            rows.append((seed, " to ".join(direction), *scores))
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    main()
