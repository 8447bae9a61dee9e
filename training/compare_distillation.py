"""Measures BLEU of sequence-level distillation on Multi30k, of a small student and of a fast one.

The teacher is an ensemble of three models, which translates the training text with a beam of 4. A student of the same
shape as one of them, and one with 12 encoder layers and 1 decoder layer, learn from these translations and from the
original text, for the same number of steps: `python training/compare_distillation.py data`. A run that was interrupted
continues.
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

TEACHERS = [1, 2, 3]
ORIGINAL, SMALL = "original text", "4 + 4 layers"
SHAPES = {SMALL: {}, "12 + 1 layers": {"num_encoder_layers": 12, "num_decoder_layers": 1}}
BEAM_SIZES = [1, 4]


def original_keys(text):
    return pair_keys("train", *sides_of(text, "train")) | pair_keys("validation", *sides_of(text, "val"))


def name_of(shape, corpus, seed):
    return f"{shape}, {corpus}, seed {seed}"


def distilled_keys(text, options):
    """Returns the `[data]` section with the translations of the teacher, which are written if they are missing."""
    file = options.output / "distilled.de"
    if not file.is_file():
        teacher = kt.Translator.load([options.output / name_of(SMALL, ORIGINAL, seed) for seed in TEACHERS])
        write_lines(file, teacher.translate(lines_of(text("train.en"))))
    return original_keys(text) | {"train_target": str(file)}


def main():
    options = make_parser(__doc__, "distillation").parse_args()
    begin(options)
    text = multi30k(options)
    for seed in TEACHERS:
        trained(name_of(SMALL, ORIGINAL, seed), original_keys(text), seed, options)
    # The students have the vocabulary of the teacher.
    vocabulary = {"file": str(options.output / name_of(SMALL, ORIGINAL, TEACHERS[0]) / "tokenizer.model")}
    corpora = {ORIGINAL: original_keys(text), "distilled text": distilled_keys(text, options)}
    test = lines_of_test(text)
    rows = [("shape", "training text", *(f"seed {seed}, beam {size}" for seed in options.seeds for size in BEAM_SIZES))]
    for shape, layers in SHAPES.items():
        for corpus, keys in corpora.items():
            models = [
                trained(name_of(shape, corpus, seed), keys, seed, options, vocabulary, model=layers)
                for seed in options.seeds
            ]
            scores = (bleu(model, *test, beam_size=size) for model in models for size in BEAM_SIZES)
            rows.append((shape, corpus, *scores))
            print(*rows[-1], flush=True)
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    main()
