import warnings

from keras_transformer.text.sentences import may_be_several_sentences


class LongParagraphs:
    """Counts lines of several sentences that are longer than all text the model was trained on, to warn in the end.

    Args:
        translator: the `Translator`; where it does not know the longest text, what counts is the model's `max_length`.
    """

    def __init__(self, translator):
        self._tokenizer = translator.source_tokenizer
        self._longest = translator.texts.longest_source or translator.config.max_length - 1
        self._count = self._total = 0

    def add(self, lines):
        """Looks at lines; only those that may be too long, by their bytes, are tokenized."""
        self._total += len(lines)
        long = [line for line in lines if len(line.encode("utf-8")) > self._longest and may_be_several_sentences(line)]
        if long:
            self._count += sum(len(row) > self._longest for row in self._tokenizer.tokenize(long).to_list())

    def warn(self):
        """Warns once, with the number of these lines."""
        if self._count:
            warnings.warn(
                f"{self._count} of {self._total} lines hold several sentences and have more than {self._longest} "
                "tokens, as no text had that the model was trained on; --split-sentences translates sentence by "
                "sentence.",
                stacklevel=2,
            )
