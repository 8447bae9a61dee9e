"""Measures BLEU of fine-tuned models against models that are trained on one corpus or on all text.

It trains three models of Multi30k and four for the phrases, for each seed: `python training/compare_fine_tuning.py
data`. A run that was interrupted continues.
"""

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
from compared_trainings import (
    begin,
    bleu,
    lines_of,
    lines_of_test,
    make_parser,
    pair_keys,
    sides_of,
    trained,
    with_steps,
    write_lines,
)
from compared_trainings import multi30k as text_of_multi30k

from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.files.markdown_table import markdown_table

TUNING_RATE = 0.001
# Updates of a low rank need a higher rate than all weights.
LOW_RANK = {"lora_rank": 8, "learning_rate": 0.004}


def multi30k(options, seed):
    """Yields the name and the BLEU of models of one half, of the other half from there, and of all text."""
    text = text_of_multi30k(options)
    sides = list(map(lines_of, sides_of(text, "train")))

    def keys(name, part):
        paths = (options.output / f"{name}.{side}" for side in ("en", "de"))
        written = (write_lines(path, lines[part]) for path, lines in zip(paths, sides))
        return pair_keys("train", *written) | pair_keys("validation", *sides_of(text, "val"))

    first = f"one half, seed {seed}"
    test = lines_of_test(text)
    models = {
        "one half": trained(first, keys("first", slice(0, None, 2)), seed, options),
        "the other half, from that model": tuned(first, keys("second", slice(1, None, 2)), seed, options),
        "all text": trained(f"all text, seed {seed}", keys("all", slice(None)), seed, with_all_steps(options)),
    }
    for name, model in models.items():
        yield f"Multi30k: {name}", bleu(model, *test)


def phrases(options, seed):
    """Yields the name and the BLEU on new phrases of models of Tatoeba, of the phrases from there, and of phrases."""
    table = str(options.data / "tatoeba-kor-eng" / "kor.txt")
    general = {"train_pairs": table, "source_column": 2, "target_column": 1, "held_out": 0.08, "max_length": 64}
    narrow = {"corpus": "phrases", "max_length": 64}
    first = f"general, seed {seed}"
    test = list(map(list, zip(*phrase_splits()["test"][:1000])))
    models = {
        "Tatoeba": trained(first, general, seed, options),
        "from that model": tuned(first, narrow, seed, options),
        "from that model, LoRA of rank 8": tuned(first, narrow, seed, options, "lora", **LOW_RANK),
        "phrases alone": trained(
            f"phrases alone, seed {seed}", narrow, seed, with_steps(options, options.tuning_steps), {"size": 1000}
        ),
    }
    for name, model in models.items():
        yield f"phrases: {name}", bleu(model, *test)


def tuned(first, data, seed, options, kind="from", **training):
    """Trains a model from another one, with a low learning rate."""
    training = {"learning_rate": TUNING_RATE, "init_from": str(options.output / first), **training}
    return trained(f"{kind} {first}", data, seed, with_steps(options, options.tuning_steps), **training)


def with_all_steps(options):
    """Returns options with the steps of a model and of its fine-tuning together."""
    return with_steps(options, options.steps + options.tuning_steps)


def main():
    data_help = "folder that has multi30k/tok and tatoeba-kor-eng"
    parser = make_parser(__doc__, "fine_tuning", data_help, steps=2000)
    parser.add_argument("--tuning-steps", type=int, default=500, help="steps of a model from another [default: 500]")
    parser.add_argument("--only", choices=["multi30k", "phrases"], help="one of the cases [default: both]")
    options = parser.parse_args()
    begin(options, tuning_steps=options.tuning_steps)
    rows = [("model", *(f"seed {seed}" for seed in options.seeds))]
    for compare in (multi30k, phrases):
        if options.only in (None, compare.__name__):
            for (name, score), *others in zip(*(compare(options, seed) for seed in options.seeds)):
                rows.append((name, score, *(other for _, other in others)))
                print(*rows[-1], flush=True)
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    main()
