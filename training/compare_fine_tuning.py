"""Measures BLEU of fine-tuned models against models that are trained on one corpus or on all text.

It trains three models of Multi30k and four for the phrases: `python training/compare_fine_tuning.py data`. With
`--only phrases --steps 1000 --tuning-steps 150 --batch-tokens 1024`, it takes minutes.
"""

import keras_transformer as kt

kt.use_onednn()

import argparse
import pathlib

from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.files.markdown_table import markdown_table
from keras_transformer.metrics.text_scores import corpus_scores

TUNING = {"learning_rate": 0.001, "decay": "linear"}
# Updates of a low rank need a higher rate than all weights.
LOW_RANK = {"lora_rank": 8, "learning_rate": 0.004}


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def write_pairs(pairs, folder, name):
    """Writes pairs to two files and returns their paths."""
    paths = [folder / f"{name}.{side}" for side in ("source", "target")]
    for path, side in zip(paths, zip(*pairs)):
        path.write_text("".join(line + "\n" for line in side), encoding="utf-8")
    return [str(path) for path in paths]


def trained(folder, name, data, steps, init_from=None, size=4000, **training):
    """Trains a model and returns its translator. A model that starts from another has that model's vocabulary."""
    sections = {"data": data, "training": {"steps": steps, "seed": 1, **training}, "evaluation": {"at_end": False}}
    if init_from:
        sections["training"] = {**TUNING, **sections["training"], "init_from": str(folder / init_from)}
    else:
        sections["vocabulary"] = {"size": size}
        sections["model"] = {"preset": "tiny", "dropout": 0.2, "normalize_first": True}
        sections["training"] |= {"learning_rate": 0.004, "decay": "linear"}
    return kt.train(kt.recipes.recipe_from_dict(sections), folder / name)


def bleu(translator, pairs):
    sources, references = map(list, zip(*pairs))
    return corpus_scores(translator.translate(sources), references, "none", False, ("bleu",))["bleu"]


def multi30k(data, folder, steps, tuning_steps, **training):
    """Yields the name and the BLEU of models of one half, of the other half from there, and of all text."""
    texts = data / "multi30k" / "tok"
    split = {name: list(zip(*(lines_of(texts / f"{name}.{side}") for side in ("en", "de"))))
             for name in ("train", "val", "test_2016_flickr")}  # fmt: skip
    parts = {"first half": split["train"][0::2], "continued": split["train"][1::2], "all text": split["train"]}
    validation = write_pairs(split["val"], folder, "multi30k-validation")
    for name, pairs in parts.items():
        files = [*write_pairs(pairs, folder, f"multi30k-{name}"), *validation]
        keys = dict(zip(("train_source", "train_target", "validation_source", "validation_target"), files))
        start = "first half" if name == "continued" else None
        count = {"all text": 2 * steps, "continued": tuning_steps}.get(name, steps)
        translator = trained(folder, name, keys, count, start, **training)
        yield f"Multi30k, {name}", bleu(translator, split["test_2016_flickr"])


def phrases(data, folder, steps, tuning_steps, **training):
    """Yields the name and the BLEU on new phrases of models of Tatoeba, of the phrases from there, and of phrases."""
    table = str(data / "tatoeba-kor-eng" / "kor.txt")
    general = {"train_pairs": table, "source_column": 2, "target_column": 1, "held_out": 0.08, "max_length": 64}
    test = phrase_splits()["test"][:1000]
    yield "general", bleu(trained(folder, "general", general, steps, **training), test)
    narrow = {"corpus": "phrases", "max_length": 64}
    tuned = trained(folder, "tuned", narrow, tuning_steps, "general", **training)
    yield "phrases from general", bleu(tuned, test)
    lora = trained(folder, "lora", narrow, tuning_steps, "general", **training, **LOW_RANK)
    yield "phrases from general, LoRA of rank 8", bleu(lora, test)
    yield "phrases alone", bleu(trained(folder, "alone", narrow, tuning_steps, size=1400, **training), test)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=pathlib.Path, help="folder that has multi30k/tok and tatoeba-kor-eng")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("models/fine_tuning"))
    parser.add_argument("--steps", type=int, default=1000, help="optimizer steps of a model on half of the text")
    parser.add_argument("--tuning-steps", type=int, default=500, help="optimizer steps of a model that starts from it")
    parser.add_argument("--batch-tokens", type=int, default=4096, help="tokens of a step")
    parser.add_argument("--only", choices=["multi30k", "phrases"], help="one of the cases [default: both]")
    arguments = parser.parse_args()
    folder = arguments.output.resolve()
    folder.mkdir(parents=True)
    rows = [("model", "BLEU")]
    steps, tuning_steps = arguments.steps, arguments.tuning_steps
    for compare in (multi30k, phrases):
        if arguments.only in (None, compare.__name__):
            found = compare(arguments.data.resolve(), folder, steps, tuning_steps, batch_tokens=arguments.batch_tokens)
            for name, score in found:
                print(name, f"{score:.2f}", flush=True)
                rows.append((name, f"{score:.2f}"))
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    main()
