"""Alignment error rate of models of the recipe phrases, whose grammar has the word alignments.

python benchmarks/alignments.py [--blocks] MODEL [MODEL]...
python benchmarks/alignments.py --write phrases.align   # the alignments of the training text, for guided alignment
"""

import argparse
import pathlib

import keras_transformer as kt
from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.corpora.phrases.alignments import aligned_phrases
from keras_transformer.files.markdown_table import markdown_table
from keras_transformer.text.pharaoh import pharaoh

# The choice of the blocks was made on validation.
SPLITS = ("validation", "test", "test_combinations")


def error_rate(links, phrases):
    """The alignment error rate of Och and Ney 2003, section 6: 1 - (|A & S| + |A & P|) / (|A| + |S|)."""
    hits = total = 0
    for found, phrase in zip(links, phrases, strict=True):
        hits += len(set(found) & phrase.sure) + len(set(found) & phrase.possible)
        total += len(found) + len(phrase.sure)
    return 1 - hits / total


def compare(folders, truth, has_blocks):
    """Prints the rates of the default of `Translator.align`, maybe of each decoder block, and the exact match."""
    rows = [("model", "decoder blocks", *SPLITS)]
    for folder in folders:
        translator = kt.Translator.load(folder)
        blocks = range(1, translator.config.num_decoder_layers + 1) if has_blocks else ()
        for layer in (None, *blocks):
            row = [str(folder), "default" if layer is None else layer]
            for split in SPLITS:
                pairs = phrase_splits()[split]
                links = translator.align(pairs, layer)
                row.append(f"{error_rate(links, [truth[pair] for pair in pairs]):.3f}")
            rows.append(row)
        rows.append([str(folder), "exact match", *(f"{exact_match(translator, split):.3f}" for split in SPLITS)])
    print("\n".join(markdown_table(rows)))


def exact_match(translator, split):
    """Returns the fraction of the sentences of a split whose translation is the reference."""
    sources, references = zip(*phrase_splits()[split], strict=True)
    return sum(map(str.__eq__, translator.translate(list(sources)), references)) / len(sources)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*")
    parser.add_argument("--blocks", action="store_true", help="also read each decoder block")
    parser.add_argument("--write", type=pathlib.Path, help="file for the alignments of the training text")
    arguments = parser.parse_args()
    truth = {(phrase.korean, phrase.english): phrase for phrase in aligned_phrases()}
    if arguments.write:
        lines = [pharaoh(sorted(truth[pair].sure)) + "\n" for pair in phrase_splits()["train"]]
        arguments.write.write_text("".join(lines))
    if arguments.models:
        compare(arguments.models, truth, arguments.blocks)


if __name__ == "__main__":
    main()
