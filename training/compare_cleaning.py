"""Measures BLEU of models that are trained on Multi30k as it is, with added noise, and with the noise cleaned.

It trains three models per seed, and draws other noise for each seed: `python training/compare_cleaning.py data`. A run
that was interrupted continues.
"""

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
import pathlib
import sys

from compared_trainings import begin, bleu, lines_of_test, make_parser, multi30k, pair_keys, sides_of, trained

from keras_transformer.files.markdown_table import markdown_table

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "benchmarks"))
from corpus_noise import noisy_pairs, read_pairs, write_pairs


def corpora_of_seed(text, folder, share, seed):
    """Writes the noisy and the cleaned text, and returns the paths of each corpus by its name."""
    corpora = {name: (folder / f"{name}-{seed}.en", folder / f"{name}-{seed}.de") for name in ("noisy", "cleaned")}
    if not all(path.is_file() for path in corpora["cleaned"]):
        pairs = read_pairs(*sides_of(text, "train"))
        write_pairs(noisy_pairs(pairs, share, seed)[0], *corpora["noisy"])
        print(kt.cleaning.clean_files(*corpora["noisy"], output_prefix=folder / f"cleaned-{seed}"))
    return {"as it is": sides_of(text, "train"), **corpora}


def main():
    parser = make_parser(__doc__, "cleaning")
    parser.add_argument("--share", type=float, default=0.05, help="noisy pairs of each kind [default: 0.05]")
    options = parser.parse_args()
    begin(options, share=options.share)
    text = multi30k(options)
    test = lines_of_test(text)
    columns = [("corpus", "as it is", "noisy", "cleaned")]
    for seed in options.seeds:
        scores = []
        for name, sides in corpora_of_seed(text, options.output, options.share, seed).items():
            data = pair_keys("train", *sides) | pair_keys("validation", *sides_of(text, "val"))
            scores.append(bleu(trained(f"{name}, seed {seed}", data, seed, options), *test))
            print(name, seed, scores[-1], flush=True)
        columns.append((f"seed {seed}", *scores))
    print("\n".join(markdown_table(list(zip(*columns)))))


if __name__ == "__main__":
    main()
