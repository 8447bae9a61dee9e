"""Translates the held-out sentences of the embedded corpus and prints exact match and BLEU.

Usage: python training/evaluate_phrases.py MODEL
"""

import sys

import keras_transformer as kt
from keras_transformer.corpora.phrases import phrase_splits
from keras_transformer.metrics.text_scores import corpus_scores

DESCRIPTIONS = {
    "test": "new sentences",
    "test_combinations": "verbs with places never seen together",
}
NUM_SHOWN = 5


def main(model):
    translator = kt.Translator.load(model)
    splits = phrase_splits()
    for split, description in DESCRIPTIONS.items():
        sources, references = (list(side) for side in zip(*splits[split], strict=True))
        translations = translator.translate(sources)
        print(f"\n{split}: {description}")
        for source, translation in list(zip(sources, translations, strict=True))[:NUM_SHOWN]:
            print(f"  {source}  ->  {translation}")
        exact = sum(a == b for a, b in zip(translations, references, strict=True)) / len(references)
        bleu = corpus_scores(translations, references)["bleu"]
        print(f"  exact match {exact:.1%} of {len(references):,} sentences, BLEU {bleu:.1f}")
    print()
    for source in ("나는 어제 카페에 갔다.", "우리는 내일 학교에서 책을 읽을 거예요."):
        print(f"{source}  ->  {translator.translate([source])[0]}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
