"""Translates texts with the model in this process."""

import time

import tensorflow as tf

from keras_transformer.export.verification.run import Run
from keras_transformer.generation import Generator
from keras_transformer.models.dtype_policy import in_float32
from keras_transformer.text.masking import Masking

_NUM_WARMUPS = 2


def run_model(translator, texts, settings, progress=None, masks=False):
    """Translates texts with the model, one at a time.

    Args:
        translator: the `Translator`.
        texts: a list of strings.
        settings: `SearchSettings` with a `max_length`.
        progress: called with 1 after each text. Default None.
        masks: whether placeholders are masked, as in an artifact that does the same. Default False.

    Returns:
        `Run`.
    """
    generator = Generator(in_float32(translator.model), translator.shortlist)
    tokenizers = translator.tokenizers
    run = Run([], [], [], [])
    for number, text in enumerate([*texts[:_NUM_WARMUPS], *texts]):
        started = time.perf_counter()
        masking = Masking(tokenizers, [text]) if masks else None
        source_ids = tokenizers.encode_source(masking.texts if masks else [text], settings.max_length)
        found = generator.generate(source_ids, settings=settings.with_n_best(1))
        target_ids = found.token_ids[0]
        (translation,) = tokenizers.decode_target(target_ids)
        if masks:
            ((translation,),) = masking.restored([[translation]])
        milliseconds = 1000 * (time.perf_counter() - started)
        if number < min(_NUM_WARMUPS, len(texts)):
            continue
        tokens = tokenizers.target.tokens(tf.boolean_mask(target_ids, target_ids != 0))
        run.translations.append(translation)
        run.tokens.append([token.decode("utf-8") for token in tokens.numpy()])
        run.scores.append(float(found.scores[0, 0]))
        run.milliseconds.append(milliseconds)
        if progress is not None:
            progress(1)
    return run
