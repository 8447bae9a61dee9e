from keras_transformer.callbacks import EarlyStopping, TranslationScores
from keras_transformer.recipes.sections import MONITORS


def evaluation_callbacks(evaluation, validation_pairs, tokenizers, log_dir=None, lowercase=False):
    """Creates the callbacks of the `[evaluation]` section for `model.fit`.

    Args:
        evaluation: the section.
        validation_pairs: `tf.data.Dataset` of `(source, target)` scalar strings.
        tokenizers: the source's and the target's `Tokenizer`.
        log_dir: folder of TensorBoard's logs. Default: None are written.
        lowercase: whether scores ignore case. Default False.

    Returns:
        A list of callbacks. Put them before callbacks that read the logs.
    """
    callbacks = []
    if evaluation.translates:
        scores = TranslationScores(
            validation_pairs,
            *tokenizers,
            every=evaluation.every or 1,
            every_steps=evaluation.every_steps,
            beam_size=evaluation.beam_size,
            tokenize=evaluation.tokenize,
            samples=evaluation.samples,
            log_dir=log_dir,
            lowercase=lowercase,
        )
        callbacks.append(scores)
    if evaluation.stop_after:
        mode = MONITORS[evaluation.monitor]
        callbacks.append(EarlyStopping(evaluation.monitor, mode=mode, patience=evaluation.stop_after))
    return callbacks
