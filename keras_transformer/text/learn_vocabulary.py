import io
import random
import re
import unicodedata
from collections.abc import Iterable, Sequence

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.files.temporary_folder import temporary_folder
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS, PADDING_ID, START_ID, UNKNOWN_ID
from keras_transformer.text.blank import is_blank
from keras_transformer.text.normalization import NORMALIZATIONS, normalization_options
from keras_transformer.text.tokenizer import Tokenizer, check_unicode

# Limits of the default vocabulary size.
_SMALLEST_DEFAULT, _LARGEST_DEFAULT = 1000, 32_000
_MEASURED_SIZE, _MEASURED_LINES = 8000, 60_000
MODEL_TYPES = ("unigram", "bpe")
# The special tokens, the bytes, and one token of the text.
SMALLEST_VOCABULARY = NUM_SPECIAL_TOKENS + 256 + 1
# SentencePiece's minimum.
SMALLEST_COVERAGE = 0.98
CHARACTER_COVERAGE = 0.9995
# SentencePiece drops lines with more bytes, so they are cut.
_LONGEST_LINE = 4192
# SentencePiece drops lines with the second one, because it uses the character itself.
_UNLEARNABLE = str.maketrans("\0\u2585", "  ")
_SPECIAL_TOKENS = re.compile("<pad>|<unk>|<s>|</s>|<0x[0-9A-F]{2}>")


def default_vocabulary_size(num_lines):
    """Returns the default size of a vocabulary of two languages: about 8,000 tokens for 30,000 line pairs.

    It is proportional to the square root of the text, because tokens must be frequent enough to be learned. It is from
    1,000 to 32,000. On the 29,000 pairs of Multi30k, 8,000 tokens are better than 4,000 and 2,000. See
    docs/research/multi30k.md.

    Args:
        num_lines: number of lines of both languages.

    Reference:
        Gowda and May 2020 (Findings of EMNLP, 352): the best size by the size of the text.
    """
    size = round(_MEASURED_SIZE * (num_lines / _MEASURED_LINES) ** 0.5)
    return min(_LARGEST_DEFAULT, max(_SMALLEST_DEFAULT, size))


def learn_vocabulary(
    lines: Iterable[str],
    vocabulary_size: int | None = None,
    model_type: str = "unigram",
    lowercase: bool = False,
    max_lines: int = 1_000_000,
    seed: int = 0,
    normalization: str = "nmt_nfkc",
    user_defined_symbols: Sequence[str] = (),
    character_coverage: float = CHARACTER_COVERAGE,
    split_digits: bool = False,
) -> Tokenizer:
    """Learns a SentencePiece vocabulary.

    Characters that are not in the vocabulary are spelled in bytes, so any normalised text can be restored exactly. Tabs
    and line ends always become spaces, and several spaces become one space. The model includes the normalisation rules,
    so all runtimes normalise in the same way.

    Args:
        lines: an iterable of strings. Blank lines are dropped. Lines of more than 4,192 bytes are cut at spaces, or
            within a longer word. U+2585, which SentencePiece uses itself, and U+0000 become spaces.
        vocabulary_size: number of tokens, including 4 special tokens and 256 single bytes. Default None: that of
            `default_vocabulary_size`, or the maximum that the text supports if it is lower.
        model_type: "unigram" (default) or "bpe".
        lowercase: whether the tokenizer lower-cases each character of the normalised text. Default False.
        max_lines: maximum number of lines for learning. If there are more, a random sample is used. Memory is
            therefore bounded. Default 1,000,000.
        seed: seed of the draw. Default 0.
        normalization: "nmt_nfkc" (default): Unicode's NFKC, spaces for invisible separators, and no control characters;
            "nfkc": NFKC alone; "nmt_nfkc_cf": "nmt_nfkc" with case folding; "identity": none.
        user_defined_symbols: strings that are always one token each and are not normalised.
        character_coverage: fraction of the text's characters that have their own tokens, from 0.98 to 1. Rarer
            characters are spelled in bytes. Default 0.9995.
        split_digits: whether every digit is a separate token. Default False.

    Returns:
        A `Tokenizer`.

    Raises:
        InputError: an argument is out of range, the text is empty, or it has too few different pieces for the
            vocabulary.

    Example:

    >>> tokenizer = kt.text.learn_vocabulary(kt.data.checked_lines("train.en"), vocabulary_size=300)
    >>> tokenizer.vocabulary_size
    300
    """
    _check_one_of("model_type", model_type, MODEL_TYPES)
    _check_one_of("normalization", normalization, NORMALIZATIONS)
    if not SMALLEST_COVERAGE <= character_coverage <= 1:
        raise InputError(
            f"`character_coverage` must be from {SMALLEST_COVERAGE} to 1. Received: {character_coverage!r}."
        )
    symbols = checked_symbols(user_defined_symbols)
    smallest = SMALLEST_VOCABULARY + len(symbols)
    if vocabulary_size is not None and vocabulary_size < smallest:
        own = f", {len(symbols)} user-defined symbols" if symbols else ""
        raise InputError(
            f"`vocabulary_size` must be at least {smallest}: 4 special tokens, 256 bytes{own} and a token of the text. "
            f"Received: {vocabulary_size}."
        )
    drawn, num_lines = _draw(_learnable(lines), max_lines, seed)
    options = {
        "model_type": model_type,
        "user_defined_symbols": symbols,
        "character_coverage": character_coverage,
        "split_digits": split_digits,
        "hard_vocab_limit": vocabulary_size is not None,
    }
    with temporary_folder() as folder:
        options |= normalization_options(normalization, lowercase, folder)
        if vocabulary_size is not None:
            return _learned(drawn, vocabulary_size, options)
        size = max(smallest, default_vocabulary_size(num_lines))
        try:
            return _learned(drawn, size, options)
        except _TooFewTokens as error:
            # For a script of many characters, such as Chinese: all characters plus the default number of tokens.
            return _learned(drawn, error.num_required + size, options)


class _TooFewTokens(InputError):
    """The text has more characters than the requested vocabulary has tokens."""

    def __init__(self, message, num_required):
        super().__init__(message)
        self.num_required = num_required


def _learned(lines, vocabulary_size, options):
    """Returns the `Tokenizer` that SentencePiece learns from lines with its own options."""
    model = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_writer=model,
            vocab_size=vocabulary_size,
            byte_fallback=True,
            max_sentence_length=_LONGEST_LINE,
            pad_id=PADDING_ID,
            unk_id=UNKNOWN_ID,
            bos_id=START_ID,
            eos_id=END_ID,
            minloglevel=2,
            num_threads=1,  # Several threads sum in varying order, so the vocabulary would vary.
            **options,
        )
    except (RuntimeError, ValueError) as error:
        raise _explained(str(error), vocabulary_size) from None
    return Tokenizer(_without_path(model.getvalue()))


def checked_symbols(symbols):
    """Returns user-defined symbols as a list.

    Raises:
        InputError: they are not a list of strings, or a symbol cannot be a token. The message has the symbol.
    """
    if isinstance(symbols, (str, bytes)):
        raise InputError(f"`user_defined_symbols` must be a list of strings. Received: {symbols!r}.")
    symbols = list(symbols)
    for place, symbol in enumerate(symbols):
        reason = _unfit(symbol)
        if reason is None and symbol in symbols[:place]:
            reason = "it is given twice"
        if reason:
            raise InputError(f"`user_defined_symbols`: {ascii(symbol)} cannot be a token: {reason}.")
    return symbols


def _unfit(symbol):
    """Returns the reason why a string cannot be a token, or None if it can."""
    if not isinstance(symbol, str):
        return "it is not a string"
    if is_blank(symbol) or any(character.isspace() or unicodedata.category(character) == "Cc" for character in symbol):
        return "it is blank or has a space or a control character"
    if any(character in symbol for character in "\u2581\u2585"):
        return "SentencePiece uses the characters U+2581 and U+2585 itself"
    if any(0xD800 <= ord(character) < 0xE000 for character in symbol):
        return "it is not valid Unicode"
    if _SPECIAL_TOKENS.fullmatch(symbol):
        return "it is a special token already"
    return None


def _check_one_of(name, value, choices):
    if value not in choices:
        raise InputError(f"`{name}` must be one of {', '.join(choices)}. Received: {value!r}.")


def _learnable(lines):
    """Prepares the lines for SentencePiece: drops blank lines and cuts long ones."""
    for line in lines:
        check_unicode(line)
        line = line.translate(_UNLEARNABLE).strip()
        if not is_blank(line):
            yield from _parts(line)


def _parts(line):
    """Yields the line, or parts of it that SentencePiece accepts, cut at spaces if possible."""
    if len(line) * 4 <= _LONGEST_LINE:
        yield line
        return
    encoded, start = line.encode("utf-8"), 0
    while len(encoded) - start > _LONGEST_LINE:
        end = encoded.rfind(b" ", start + 1, start + _LONGEST_LINE + 1)
        if end < 0:
            end = start + _LONGEST_LINE
            while encoded[end] & 0xC0 == 0x80:  # Continuation bytes of a character.
                end -= 1
        yield encoded[start:end].decode("utf-8")
        start = end
    yield encoded[start:].decode("utf-8")


def _draw(lines, max_lines, seed):
    """Draws at most `max_lines` of the lines with equal probability, and counts all lines.

    SentencePiece's own draw has a fixed seed.

    Reference:
        Vitter 1985, "Random sampling with a reservoir", algorithm R.
    """
    generator = random.Random(seed)
    drawn, number = [], -1
    for number, line in enumerate(lines):
        if number < max_lines:
            drawn.append(line)
        elif (place := generator.randrange(number + 1)) < max_lines:
            drawn[place] = line
    return drawn, number + 1


def _without_path(model):
    """Returns the model without the path of the file of rules, which varies. The model includes the rules."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    proto.normalizer_spec.ClearField("normalization_rule_tsv")
    return proto.SerializeToString(deterministic=True)


def _explained(message, vocabulary_size):
    """Returns an `InputError` that explains SentencePiece's error to the user."""
    if largest := re.search(r"too high.*<= (\d+)", message):
        return InputError(
            f"The text supports a vocabulary of at most {largest[1]} tokens. Received: {vocabulary_size} tokens. "
            "Lower the size or use more text."
        )
    if smallest := re.search(r"smaller than required_chars\. \d+ vs (\d+)", message):
        return _TooFewTokens(
            f"The text has {smallest[1]} different characters and special tokens. Received: a vocabulary of "
            f"{vocabulary_size} tokens. Raise the size.",
            int(smallest[1]),
        )
    if "sentences" in message:
        return InputError("There is no text to learn a vocabulary from: every line is blank.")
    last_line = message.splitlines()[-1]
    return InputError(f"SentencePiece could not learn a vocabulary of {vocabulary_size} tokens: {last_line}")
