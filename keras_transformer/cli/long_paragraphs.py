import warnings

from keras_transformer.text.sentences import may_be_several_sentences


class LongParagraphs:
    """Counts lines of several sentences that are longer than all training text, for a warning at the end.

    Args:
        translator: the `Translator`. If the length of its longest training text is unknown, the limit is `max_length`.
    """

    def __init__(self, translator):
        self._tokenizer = translator.tokenizers.source
        self._longest = translator.texts.longest_source or translator.config.max_length - 1
        self._count = self._total = 0

    def add(self, lines):
        """Counts lines. Only lines that can be too long by their number of bytes are tokenized."""
        self._total += len(lines)
        long = [line for line in lines if len(line.encode("utf-8")) > self._longest and may_be_several_sentences(line)]
        if long:
            self._count += sum(len(row) > self._longest for row in self._tokenizer.tokenize(long).to_list())

    def warn(self):
        """Warns once, with the number of lines."""
        if self._count:
            warnings.warn(
                f"{self._count} of {self._total} lines have several sentences and more than {self._longest} tokens, "
                "which is longer than all training text. --split-sentences translates sentence by "
                "sentence.",
                stacklevel=2,
            )
