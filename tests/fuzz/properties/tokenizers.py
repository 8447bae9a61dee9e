import base64

import sentencepiece

from fuzz.fuzz_property import Failure, FuzzProperty
from fuzz.padding import padded
from fuzz.texts import random_bytes, random_text
from fuzz.workers import Worker
from fuzz.workspace import load_tokenizers

TEXTS = 250
IDS = 30
LONG = 100


class Tokenizers(FuzzProperty):
    """SentencePiece, `Tokenizer` and its SavedModel split a text alike, and decoding returns the text.

    The latter two split bytes that are not UTF-8 alike. All decode any ids alike, in UTF-8.
    """

    name = "tokenizers"
    unit = "texts"
    goal = 100_000
    share = 10

    def __init__(self, workspace, planted=None):
        super().__init__(workspace, planted)
        self.tokenizers = load_tokenizers(workspace)
        self.processors = {
            name: sentencepiece.SentencePieceProcessor(model_file=str(path))
            for name, path in workspace.tokenizer_files.items()
        }
        self.saved = Worker("fuzz.artifact_worker", "tokenizers", workspace.saved_tokenizers, planted=planted)

    def check(self, generator, folder):
        texts = [random_text(generator, line_feeds=True) for _ in range(TEXTS)]
        broken = [random_bytes(generator) for _ in range(5)]
        short = [text for text in texts if len(text) <= LONG]
        long = [text for text in texts if len(text) > LONG]
        for name in self.tokenizers:
            self._check_one(name, short, broken, generator)
            if long:  # In a separate call, because they widen every row.
                self._check_one(name, long, [], generator)
        return len(texts)

    def close(self):
        self.saved.close()

    def _check_one(self, name, texts, broken, generator):
        tokenizer, processor = self.tokenizers[name], self.processors[name]
        rows = processor.encode(texts)
        ours = tokenizer.tokenize([*texts, *broken]).to_list()
        ids = [[generator.randrange(tokenizer.vocabulary_size) for _ in range(12)] for _ in range(IDS)] + rows
        table = padded(ids)
        request = {
            "tokenizer": name,
            "ids": table.tolist(),
            "texts": [_base64(text) for text in [*texts, *broken]],
        }
        saved = self.saved.ask(request)
        for number, text in enumerate([*texts, *broken]):
            if number < len(texts) and ours[number] != rows[number]:
                raise Failure(f"{name}: {text!r} is {rows[number]} for SentencePiece, {ours[number]} for ours")
            if saved["ids"][number] != ours[number]:
                raise Failure(f"{name}: {text!r} is {ours[number]} for ours, {saved['ids'][number]} in a SavedModel")
        written = [text.decode() for text in tokenizer.detokenize(table).numpy()]
        for row, text, in_saved in zip(ids, written, saved["texts"], strict=True):
            if base64.b64decode(in_saved) != text.encode():
                raise Failure(
                    f"{name}: the ids {row} are {text!r} for ours, {base64.b64decode(in_saved)} in a SavedModel"
                )
        for text, back in zip(texts, written[IDS:], strict=True):
            check_round_trip(processor, text, back, name)


def check_round_trip(processor, text, back, name):
    """Raises a Failure if decoded tokens are not the normalised text in one line.

    Args:
        processor: SentencePiece's processor of the vocabulary.
        text: the text.
        back: the decoded tokens.
        name: name of the vocabulary, for the message.
    """
    expected = normalised(processor, text)
    if back != expected:
        raise Failure(f"{name}: {text!r} comes back as {back!r}, not as {expected!r}")
    if "\n" in back or "\r" in back:
        raise Failure(f"{name}: {text!r} comes back as more than one line, {back!r}")


def normalised(processor, text):
    """Returns a text after the vocabulary's rules. U+2581, SentencePiece's character for a space, becomes a space."""
    return processor.normalize(text).replace("▁", " ").strip(" ")


def _base64(text):
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()
