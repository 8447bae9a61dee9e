import keras

from keras_transformer.callbacks import TranslationScores
from keras_transformer.recipes.recipe_data import text_of_pairs


def evaluation_callbacks(evaluation, validation_pairs, tokenizers):
    """What the `[evaluation]` section asks of `model.fit`.

    Args:
        evaluation: the section.
        validation_pairs: `tf.data.Dataset` of `(source, target)` scalar strings.
        tokenizers: the source's and the target's `Tokenizer`.

    Returns:
        A list of callbacks, to stand before those that read the logs.
    """
    if not evaluation.every:
        return []
    pairs = list(text_of_pairs(validation_pairs))
    callbacks = [
        TranslationScores(pairs, *tokenizers, evaluation.every, evaluation.beam_size, tokenize=evaluation.tokenize)
    ]
    if evaluation.stop_after:
        # Epochs between two evaluations repeat the last score, so patience counts them as well.
        patience = evaluation.stop_after * evaluation.every
        callbacks.append(keras.callbacks.EarlyStopping("val_bleu", mode="max", patience=patience))
    return callbacks
