import keras

from keras_transformer.evaluation import corpus_scores
from keras_transformer.translator import Translator


class TranslationScores(keras.callbacks.Callback):
    """Translates a validation set at the end of an epoch and adds `val_bleu` and `val_chrf` to the logs.

    Put it before callbacks that read these, such as `keras.callbacks.EarlyStopping("val_bleu", mode="max")`. Epochs
    without an evaluation repeat the last scores.

    Args:
        pairs: a list of `(source, target)` strings.
        source_tokenizer: the source's `Tokenizer`.
        target_tokenizer: the target's `Tokenizer`. Default: the source's.
        every: epochs from one evaluation to the next. Default 1.
        beam_size: number of hypotheses kept per sentence; 1 is greedy. Default 1.
        tokenize: sacreBLEU's tokenization. Default "13a".

    Example:

    >>> scores = TranslationScores(validation_pairs, tokenizer)
    >>> model.fit(batches, epochs=20, callbacks=[scores])
    """

    def __init__(self, pairs, source_tokenizer, target_tokenizer=None, every=1, beam_size=1, tokenize="13a"):
        super().__init__()
        if not pairs:
            raise ValueError("`pairs` must hold at least one sentence pair. Received none.")
        if every < 1:
            raise ValueError(f"`every` must be at least 1. Received: every={every}.")
        self.pairs = pairs
        self.tokenizers = (source_tokenizer, target_tokenizer)
        self.every = every
        self.beam_size = beam_size
        self.tokenize = tokenize

    def on_train_begin(self, logs=None):
        # Made once, so that the search is traced once; it reads the weights as they are at each evaluation.
        self._translator = Translator(self.model, *self.tokenizers)
        self._scores = {"val_bleu": 0.0, "val_chrf": 0.0}

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every == 0:
            sources, references = (list(side) for side in zip(*self.pairs, strict=True))
            translations = self._translator.translate(sources, beam_size=self.beam_size)
            scores = corpus_scores(translations, references, self.tokenize)
            self._scores = {"val_bleu": scores["bleu"], "val_chrf": scores["chrf"]}
        if logs is not None:
            logs.update(self._scores)
