"""The tokenizers of a model folder: one SentencePiece model if source and target share it, otherwise two."""

from keras_transformer.text import Tokenizer

SHARED_TOKENIZER_NAME = "tokenizer.model"
SOURCE_TOKENIZER_NAME, TARGET_TOKENIZER_NAME = "source.model", "target.model"


def tokenizer_files(source_tokenizer, target_tokenizer):
    """Returns the tokenizers by file name, and the names of files to remove when they are written."""
    if source_tokenizer == target_tokenizer:
        return {SHARED_TOKENIZER_NAME: source_tokenizer}, [SOURCE_TOKENIZER_NAME, TARGET_TOKENIZER_NAME]
    return {SOURCE_TOKENIZER_NAME: source_tokenizer, TARGET_TOKENIZER_NAME: target_tokenizer}, [SHARED_TOKENIZER_NAME]


def save_tokenizers(path, source_tokenizer, target_tokenizer):
    """Writes one SentencePiece model if source and target share it, otherwise two, and removes earlier models."""
    tokenizers, removed = tokenizer_files(source_tokenizer, target_tokenizer)
    for name, tokenizer in tokenizers.items():
        tokenizer.save(path / name)
    for name in removed:
        (path / name).unlink(missing_ok=True)


def has_tokenizers(path):
    """Returns whether the folder has the tokenizers of source and target."""
    return (path / SHARED_TOKENIZER_NAME).is_file() or (
        (path / SOURCE_TOKENIZER_NAME).is_file() and (path / TARGET_TOKENIZER_NAME).is_file()
    )


def load_tokenizers(path):
    """Loads the tokenizers of source and target of a model folder, the same object if they are shared."""
    if (path / SHARED_TOKENIZER_NAME).is_file():
        return (Tokenizer.load(path / SHARED_TOKENIZER_NAME),) * 2
    return Tokenizer.load(path / SOURCE_TOKENIZER_NAME), Tokenizer.load(path / TARGET_TOKENIZER_NAME)
