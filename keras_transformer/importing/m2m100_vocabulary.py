"""Reads the vocabulary of a folder of M2M100 or NLLB: SentencePiece pieces, and a token for each language."""

from keras_transformer.errors import InputError, short_repr
from keras_transformer.files.small_files import read_json
from keras_transformer.importing.imported_vocabulary import (
    ImportedVocabulary,
    added_tokens,
    checked_tokens,
    missing_pieces,
    with_all_rows,
)
from keras_transformer.importing.side_models import read_pieces, shared_model
from keras_transformer.importing.token_table import token_table
from keras_transformer.importing.tokenizer_json import TOKENIZER_JSON, read_tokenizer_json
from keras_transformer.text import Tokenizers
from keras_transformer.text.language_tokens import is_full_code
from keras_transformer.text.tokenizer import Tokenizer

PIECES_NAME, VOCABULARY_NAME = "sentencepiece.bpe.model", "vocab.json"
_START, _PADDING, _END, _UNKNOWN = "<s>", "<pad>", "</s>", "<unk>"
# The pieces of an NLLB folder follow these four tokens, and in the SentencePiece model three.
_NLLB_SPECIAL = (_START, _PADDING, _END, _UNKNOWN)
# The languages of M2M100 in the order of ids, by `language_codes` of tokenizer_config.json.
_LANGUAGES = {
    "m2m100": (
        "af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he hi hr ht hu "
        "hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl no ns oc or pa pl ps pt "
        "ro ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur uz vi wo xh yi yo zh zu"
    ),
    "wmt21": "en ha is ja cs ru zh de",
}


def read_m2m100_vocabulary(folder, config, settings):
    """Reads the vocabulary of a folder. Both languages have the same SentencePiece model and the same table.

    Args:
        folder: the folder, a `pathlib.Path`.
        config: its `TransformersConfig`.
        settings: the content of `tokenizer_config.json`.

    Returns:
        `ImportedVocabulary`.

    Raises:
        InputError: a file is missing or damaged, or does not fit the config.
    """
    read = _read_m2m100 if (folder / VOCABULARY_NAME).is_file() else _read_nllb
    path, pieces, vocabulary, languages = read(folder, settings)
    if not languages:
        raise InputError(f"{path}: expected tokens of languages such as eng_Latn, but there are none.")
    _check(path, vocabulary, languages, config)
    vocabulary = with_all_rows(vocabulary, config.source_size)
    missing = missing_pieces(pieces, vocabulary)
    table = token_table(vocabulary, _UNKNOWN, _END, config.start_id, _PADDING, missing, config.suppressed)
    try:
        return ImportedVocabulary(Tokenizers(Tokenizer(shared_model(pieces, table, languages))), table, table)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _check(path, vocabulary, languages, config):
    ids = set(vocabulary.values())
    if len(ids) != len(vocabulary) or not ids <= set(range(config.source_size)):
        raise InputError(
            f"{path}: expected tokens with different ids from 0 to {config.source_size - 1}, the size of the table in "
            f"config.json, with {len(languages)} languages. Received: {len(vocabulary)} tokens with {len(ids)} ids "
            f"from {min(ids, default=0)} to {max(ids, default=0)}."
        )
    for token in (_UNKNOWN, _END, _PADDING):
        if token not in vocabulary:
            raise InputError(f"{path}: expected the token {token}, but it is missing.")
    padding_id = config.fields["first_position"] - 1
    for token, token_id, key in ((_END, config.end_id, "eos_token_id"), (_PADDING, padding_id, "pad_token_id")):
        if vocabulary[token] != token_id:
            raise InputError(
                f"{path}: {token} must have the id {token_id}, the `{key}` of config.json. Received: "
                f"{vocabulary[token]}."
            )


def _read_m2m100(folder, settings):
    """Returns the file, the pieces, the vocabulary and the language tokens of an M2M100 folder."""
    path = folder / VOCABULARY_NAME
    vocabulary = checked_tokens(read_json(path), path)
    name = settings.get("language_codes", "m2m100")
    if name not in list(_LANGUAGES):
        raise InputError(
            f"{folder / 'tokenizer_config.json'}: `language_codes` must be one of {', '.join(_LANGUAGES)}. Received: "
            f"language_codes={short_repr(name)}."
        )
    languages = [f"__{code}__" for code in _LANGUAGES[name].split()]
    vocabulary |= {token: len(vocabulary) + number for number, token in enumerate(languages)}
    return path, read_pieces(folder / PIECES_NAME), vocabulary, languages


def _read_nllb(folder, settings):
    """Returns the same for an NLLB folder. Transformers 5 writes only tokenizer.json."""
    path = folder / TOKENIZER_JSON
    pieces = read_pieces(folder / PIECES_NAME) if (folder / PIECES_NAME).is_file() else None
    if path.is_file():
        vocabulary, pieces = read_tokenizer_json(path, pieces)
    elif pieces is None:
        raise InputError(f"{folder / PIECES_NAME}: the file is missing, and there is no {TOKENIZER_JSON}.")
    else:
        path = folder / "tokenizer_config.json"
        tokens = [*_NLLB_SPECIAL, *(piece.piece for piece in pieces.pieces[len(_NLLB_SPECIAL) - 1 :])]
        vocabulary = {token: number for number, token in enumerate(tokens)}
        vocabulary |= added_tokens(settings, path)
    return path, pieces, vocabulary, [token for token in vocabulary if is_full_code(token)]
