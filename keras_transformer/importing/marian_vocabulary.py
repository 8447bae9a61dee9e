"""Reads the vocabularies of a MarianMT folder: `vocab.json` and the SentencePiece models."""

from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.small_files import read_json
from keras_transformer.importing.imported_vocabulary import (
    ImportedVocabulary,
    added_tokens,
    checked_tokens,
    missing_pieces,
    with_all_rows,
)
from keras_transformer.importing.side_models import read_pieces, source_model, target_model
from keras_transformer.importing.token_table import token_table
from keras_transformer.importing.transformers_config import TOKENIZER_CONFIG, read_tokenizer_config
from keras_transformer.text import Tokenizers
from keras_transformer.text.language_tokens import OTHER_LANGUAGE, is_language_token
from keras_transformer.text.tokenizer import Tokenizer

_VOCABULARY, _TARGET_VOCABULARY = "vocab.json", "target_vocab.json"
_ADDED_TOKENS = "added_tokens.json"
_UNKNOWN, _END, _PADDING = "<unk>", "</s>", "<pad>"


def vocabulary_names(folder):
    """Returns the file names of the vocabularies of source and target, which can be one file.

    Args:
        folder: the folder, a `pathlib.Path`.

    Raises:
        InputError: `tokenizer_config.json` is damaged.
    """
    is_separate = read_tokenizer_config(folder).get("separate_vocabs")
    return (_VOCABULARY, _TARGET_VOCABULARY if is_separate else _VOCABULARY)


def read_marian_vocabulary(folder, config, rules=None):
    """Reads the vocabularies of a MarianMT folder.

    Transformers cuts a text into pieces with `source.spm`, and looks up each piece in `vocab.json`. The result here is
    a SentencePiece model per language with the same segmentation, whose ids are rows of the model's table.

    Args:
        folder: the folder, a `pathlib.Path`.
        config: its `TransformersConfig`.
        rules: additional normalisation of the source, a dictionary from string to string. Default: none.

    Returns:
        `ImportedVocabulary`.

    Raises:
        InputError: a file is missing or damaged, or does not fit the config.
    """
    names = vocabulary_names(folder)
    is_shared = config.is_shared and names[0] == names[1]
    sizes, added = (config.source_size, config.target_size), _read_added_tokens(folder)
    vocabularies = [
        _read_vocabulary(folder / name, size, *added, start_id)
        for name, size, start_id in zip(names, sizes, (config.start_id if is_shared else 0, config.start_id))
    ]
    target_end = vocabularies[1][_END]
    if target_end != config.end_id:
        raise InputError(
            f"{folder / names[1]}: {_END} must have the id {config.end_id}, the `eos_token_id` of config.json. "
            f"Received: {target_end}."
        )
    pieces = [read_pieces(folder / name) for name in ("source.spm", "target.spm")]
    missing = [missing_pieces(*each) for each in zip(pieces, vocabularies)]
    if OTHER_LANGUAGE not in vocabularies[0] and _needs_other_language(pieces[0], vocabularies[0]):
        missing[0].append(OTHER_LANGUAGE)
    if is_shared:
        missing = [list(dict.fromkeys(missing[0] + missing[1]))] * 2
    source_start = vocabularies[0].get(_PADDING, vocabularies[0][_END])
    starts = (config.start_id if is_shared else source_start, config.start_id)
    suppressed = (config.suppressed if is_shared else frozenset(), config.suppressed)
    source, target = (
        token_table(vocabulary, _UNKNOWN, _END, start, _PADDING, *never)
        for vocabulary, start, *never in zip(vocabularies, starts, missing, suppressed)
    )
    if is_shared:
        target = source
    models = source_model(pieces[0], source, folder / "source.spm", rules), target_model(pieces[1], target)
    tokenizers = []
    for name, model in zip(("source.spm", "target.spm"), models):
        try:
            tokenizers.append(Tokenizer(model))
        except InputError as error:
            raise InputError(f"{folder / name}: {error}") from None
    return ImportedVocabulary(Tokenizers(*tokenizers), source, target)


def _needs_other_language(pieces, vocabulary):
    """Returns whether a language that the model does not have is one token.

    Without any language and with words that do not begin with a space, it cannot be one, and it is cut as text.
    """
    spec = pieces.normalizer_spec
    begins_words = spec.add_dummy_prefix and spec.remove_extra_whitespaces and spec.escape_whitespaces
    is_usual = begins_words and not pieces.trainer_spec.treat_whitespace_as_suffix
    return is_usual or any(map(is_language_token, vocabulary))


def _read_added_tokens(folder):
    """Returns the tokens that were added to the vocabulary, a dictionary from token to id, and their file."""
    settings, path = read_tokenizer_config(folder), folder / _ADDED_TOKENS
    if "added_tokens_decoder" in settings or not path.is_file():
        path = folder / TOKENIZER_CONFIG
        return added_tokens(settings, path), path
    return checked_tokens(read_json(path), path), path


def _read_vocabulary(path, size, added, added_path, start_id=0):
    """Returns the dictionary from token to id of a vocabulary file. Only the last rows of the table can lack a token.

    Args:
        path: the file.
        size: number of rows of the table.
        added, added_path: the value of `_read_added_tokens`.
        start_id: the id of the start token, which must have a token.
    """
    content = checked_tokens(read_json(path), path)
    new = {token: token_id for token, token_id in added.items() if token not in content and token_id < size}
    for token in new:
        if not is_language_token(token):
            raise InputError(
                f"{added_path}: expected added tokens of languages, such as >>fra<<. Received: {short_repr(token)}, "
                f"which {path.name} does not have."
            )
    content |= new
    ids = set(content.values())
    if len(content) > size or ids != set(range(len(content))) or start_id not in ids:
        raise InputError(
            f"{path}: expected tokens with the ids from 0 to {size - 1}, the size of the table in config.json. Only "
            f"rows after the start token {start_id} can lack a token, at the end. Received: {len(content)} tokens with "
            f"{len(ids)} ids from {min(ids, default=0)} to {max(ids, default=0)}."
        )
    for token in (_UNKNOWN, _END):
        if token not in content:
            raise InputError(f"{path}: expected the token {token}, but it is missing.")
    return with_all_rows(content, size)
