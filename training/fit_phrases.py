"""Trains with plain Keras: pairs, vocabulary, batches, model, `model.fit` and translations in one short script.

Usage: python training/fit_phrases.py [STEPS]
"""

import itertools
import sys

import keras_transformer as kt

kt.use_onednn()  # isort: split  (before Keras imports TensorFlow)
import keras

from keras_transformer.corpora.phrases import phrase_splits


def main(steps=700):
    splits = phrase_splits()
    lines = itertools.chain.from_iterable(splits["train"])
    tokenizer = kt.text.learn_vocabulary(lines, vocabulary_size=800)

    def batches(split, **arguments):
        pairs = kt.data.listed_pairs(splits[split])
        return kt.data.token_batches(pairs, tokenizer, batch_tokens=2048, max_length=64, **arguments)

    config = kt.TransformerConfig.from_preset("tiny", vocabulary_size=800, normalize_first=True, dropout=0.0)
    model = kt.build_transformer(config)
    model.summary()
    model.compile(
        keras.optimizers.Adam(kt.schedules.WarmupSchedule(peak=0.002, warmup_steps=200), beta_2=0.98, epsilon=1e-9),
        loss=kt.losses.SmoothedCrossEntropy(0.1),
        metrics=[kt.metrics.Perplexity(), kt.metrics.TokenAccuracy()],
        jit_compile=False,
    )
    model.fit(
        batches("train", shuffle=True, steps_per_epoch=steps),
        validation_data=batches("validation"),
        callbacks=[kt.callbacks.TokensPerSecond(), kt.callbacks.StopOnNonFiniteLoss()],
        shuffle=False,
    )
    translator = kt.Translator(model, tokenizer)
    sources = [source for source, _ in splits["test"][:5]]
    for source, translation in zip(sources, translator.translate(sources), strict=True):
        print(f"{source}  ->  {translation}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
