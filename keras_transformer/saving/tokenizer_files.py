"""The tokenizers of a model folder: one SentencePiece model where source and target share it, otherwise two."""

from keras_transformer.text import Tokenizer

SHARED_TOKENIZER_NAME = "tokenizer.model"
SOURCE_TOKENIZER_NAME, TARGET_TOKENIZER_NAME = "source.model", "target.model"


def tokenizer_files(source_tokenizer, target_tokenizer):
    """The tokenizers by the names of their files, and the names of files that are removed where these are written."""
    if source_tokenizer == target_tokenizer:
        return {SHARED_TOKENIZER_NAME: source_tokenizer}, [SOURCE_TOKENIZER_NAME, TARGET_TOKENIZER_NAME]
    return {SOURCE_TOKENIZER_NAME: source_tokenizer, TARGET_TOKENIZER_NAME: target_tokenizer}, [SHARED_TOKENIZER_NAME]


def save_tokenizers(path, source_tokenizer, target_tokenizer):
    """Writes one SentencePiece model where source and target share it, otherwise two; removes what was there before."""
    tokenizers, removed = tokenizer_files(source_tokenizer, target_tokenizer)
    for name, tokenizer in tokenizers.items():
        tokenizer.save(path / name)
    for name in removed:
        (path / name).unlink(missing_ok=True)


def has_tokenizers(path):
    """Whether the folder holds the tokenizers of source and target."""
    return (path / SHARED_TOKENIZER_NAME).is_file() or (
        (path / SOURCE_TOKENIZER_NAME).is_file() and (path / TARGET_TOKENIZER_NAME).is_file()
    )


def load_tokenizers(path):
    """The source's and the target's tokenizer of a model folder, one object where they are shared."""
    if (path / SHARED_TOKENIZER_NAME).is_file():
        return (Tokenizer.load(path / SHARED_TOKENIZER_NAME),) * 2
    return Tokenizer.load(path / SOURCE_TOKENIZER_NAME), Tokenizer.load(path / TARGET_TOKENIZER_NAME)
