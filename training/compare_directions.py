"""Measures BLEU of one model of two directions against two models of one direction each, on Multi30k.

All models have the same size. The model of two directions is trained for as many steps as both others together:
`python training/compare_directions.py data`. A run that was interrupted continues.
"""

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
from compared_trainings import (
    begin,
    bleu,
    lines_of_test,
    make_parser,
    multi30k,
    pair_keys,
    sides_of,
    trained,
    with_steps,
)

from keras_transformer.files.markdown_table import markdown_table

DIRECTIONS = [("de", "en"), ("en", "de")]


def keys_of(text, direction):
    """Returns the `[data]` section of a direction."""
    source, target = direction
    files = pair_keys("train", *sides_of(text, "train", *direction))
    files |= pair_keys("validation", *sides_of(text, "val", *direction))
    return {**files, "source_language": source, "target_language": target}


def main():
    options = make_parser(__doc__, "directions").parse_args()
    begin(options)
    text = multi30k(options)
    sections = [keys_of(text, direction) for direction in DIRECTIONS]
    both = {key: [section[key] for section in sections] for key in sections[0]}
    twice = with_steps(options, 2 * options.steps)
    rows = [("seed", "direction", "model of one direction", "model of both directions")]
    for seed in options.seeds:
        trained(f"both, seed {seed}", both, seed, twice)
        for (source, target), section in zip(DIRECTIONS, sections):
            sides = lines_of_test(text, source, target)
            alone = bleu(trained(f"{source}-{target}, seed {seed}", section, seed, options), *sides)
            of_both = kt.Translator.load(options.output / f"both, seed {seed}", target_language=target)
            rows.append((seed, f"{source} to {target}", alone, bleu(of_both, *sides)))
            print(*rows[-1], flush=True)
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    main()
