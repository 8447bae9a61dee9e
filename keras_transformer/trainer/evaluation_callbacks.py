from keras_transformer.callbacks import EarlyStopping, TranslationScores
from keras_transformer.recipes.sections import MONITORS


def evaluation_callbacks(evaluation, validation_pairs, tokenizers, log_dir=None, lowercase=False):
    """Creates the callbacks of the `[evaluation]` section for `model.fit`.

    Args:
        evaluation: the section.
        validation_pairs: `tf.data.Dataset` of `(source, target)` scalar strings.
        tokenizers: the `Tokenizers`.
        log_dir: folder of TensorBoard's logs. Default: None are written.
        lowercase: whether scores ignore case. Default False.

    Returns:
        A list of callbacks. Put them before callbacks that read the logs.
    """
    callbacks = []
    if evaluation.translates:
        scores = TranslationScores(
            validation_pairs,
            tokenizers,
            every=evaluation.every or 1,
            every_steps=evaluation.every_steps,
            settings=evaluation.search_settings,
            tokenize=evaluation.tokenize,
            samples=evaluation.samples,
            log_dir=log_dir,
            lowercase=lowercase,
        )
        callbacks.append(scores)
    if evaluation.patience:
        mode = MONITORS[evaluation.monitor]
        callbacks.append(EarlyStopping(evaluation.monitor, mode=mode, patience=evaluation.patience))
    return callbacks
