"""Alignment error rate of models of the recipe phrases, whose grammar knows the word alignments.

python benchmarks/alignments.py MODEL [MODEL]...
"""

import sys

import keras_transformer as kt
from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.corpora.phrases.alignments import aligned_phrases
from keras_transformer.files.markdown_table import markdown_table

# The choice of the blocks was made on validation.
SPLITS = ("validation", "test", "test_combinations")


def error_rate(links, phrases):
    """The alignment error rate of Och and Ney 2003, section 6: 1 - (|A & S| + |A & P|) / (|A| + |S|)."""
    hits = total = 0
    for found, phrase in zip(links, phrases, strict=True):
        hits += len(set(found) & phrase.sure) + len(set(found) & phrase.possible)
        total += len(found) + len(phrase.sure)
    return 1 - hits / total


def main(folders):
    truth = {(phrase.korean, phrase.english): phrase for phrase in aligned_phrases()}
    rows = [("model", "decoder blocks", *SPLITS)]
    for folder in folders:
        translator = kt.Translator.load(folder)
        for layer in (None, *range(1, translator.config.num_decoder_layers + 1)):
            row = [str(folder), "first half" if layer is None else layer]
            for split in SPLITS:
                pairs = phrase_splits()[split]
                links = translator.align(pairs, layer)
                row.append(f"{error_rate(links, [truth[pair] for pair in pairs]):.3f}")
            rows.append(row)
    print("\n".join(markdown_table(rows)))


if __name__ == "__main__":
    main(sys.argv[1:])
