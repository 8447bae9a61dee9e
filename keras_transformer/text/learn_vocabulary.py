import io
import pathlib
import random
import re
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS, PADDING_ID, START_ID, UNKNOWN_ID
from keras_transformer.text.tokenizer import Tokenizer
from keras_transformer.whole_files import write_text

MODEL_TYPES = ("unigram", "bpe")
# The special tokens, the bytes, and one of the text's own.
SMALLEST_VOCABULARY = NUM_SPECIAL_TOKENS + 256 + 1
# They become spaces, so that whatever is translated stays one line and one column.
_SEPARATORS = "\t\n\r"


def learn_vocabulary(lines, vocabulary_size, model_type="unigram", lowercase=False, max_lines=1_000_000, seed=0):
    """Learns a SentencePiece vocabulary.

    Text is taken as it is, with no Unicode normalisation, and characters that are not in the vocabulary are spelled
    in bytes, so that any text comes back as it went in; only tabs and line ends become spaces, and runs of spaces
    one space.

    Args:
        lines: strings, an iterable; blank ones are left out.
        vocabulary_size: number of tokens, 4 special ones and 256 for single bytes among them.
        model_type: "unigram" (default) or "bpe".
        lowercase: whether the tokenizer lower-cases what it is given. Default False.
        max_lines: the number of lines that are learned from, drawn at random where there are more, so that memory
            stays bounded. Default 1,000,000.
        seed: seed of the draw. Default 0.

    Returns:
        A `Tokenizer`.

    Raises:
        InputError: the text does not have as many different pieces as the vocabulary should have, or there is none.

    Example:

    >>> tokenizer = learn_vocabulary(open("train.en"), vocabulary_size=8000)
    """
    if model_type not in MODEL_TYPES:
        raise InputError(f"`model_type` must be one of {', '.join(MODEL_TYPES)}. Received: {model_type!r}.")
    if vocabulary_size < SMALLEST_VOCABULARY:
        raise InputError(
            f"`vocabulary_size` must be at least {SMALLEST_VOCABULARY}: 4 special tokens, 256 bytes and a text's own. "
            f"Received: {vocabulary_size}."
        )
    model = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(_draw((line for line in map(str.strip, lines) if line), max_lines, seed)),
                model_writer=model,
                vocab_size=vocabulary_size,
                model_type=model_type,
                byte_fallback=True,
                pad_id=PADDING_ID,
                unk_id=UNKNOWN_ID,
                bos_id=START_ID,
                eos_id=END_ID,
                minloglevel=2,
                num_threads=1,  # More threads add up in another order: the same text would give another vocabulary.
                **_normalization(lowercase, pathlib.Path(folder)),
            )
        except (RuntimeError, ValueError) as error:
            raise InputError(_explain(str(error), vocabulary_size)) from None
    return Tokenizer(_without_path(model.getvalue()))


def _draw(lines, max_lines, seed):
    """At most `max_lines` of the lines, each with the same chance; SentencePiece's own draw has a fixed seed.

    Reference:
        Vitter 1985, "Random sampling with a reservoir", algorithm R.
    """
    generator = random.Random(seed)
    drawn = []
    for number, line in enumerate(lines):
        if number < max_lines:
            drawn.append(line)
        elif (place := generator.randrange(number + 1)) < max_lines:
            drawn[place] = line
    return drawn


def _normalization(lowercase, folder):
    """Rules of our own: SentencePiece lower-cases only together with NFKC, which changes more than the case."""
    rules = folder / "normalization.tsv"
    lines = [f"{ord(separator):X}\t20" for separator in _SEPARATORS] + list(_lowercase_rules() if lowercase else ())
    write_text(rules, "\n".join(lines) + "\n")
    return {"normalization_rule_tsv": str(rules)}


def _without_path(model):
    """The model without the path of the rules' file, which is another each time; the rules themselves are in it."""
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    proto.normalizer_spec.ClearField("normalization_rule_tsv")
    return proto.SerializeToString(deterministic=True)


def _lowercase_rules():
    """A line for every upper-case character: its code point, a tab, the code points of its lower case, all in hex."""
    for code_point in range(0x110000):
        character = chr(code_point)
        if (lower := character.lower()) != character:
            yield f"{code_point:X}\t{' '.join(f'{ord(letter):X}' for letter in lower)}"


def _explain(message, vocabulary_size):
    """What SentencePiece's error means for the user."""
    if largest := re.search(r"too high.*<= (\d+)", message):
        return (
            f"The text supports a vocabulary of at most {largest[1]} tokens, but {vocabulary_size} were asked for; "
            "lower the size or give more text."
        )
    if smallest := re.search(r"smaller than required_chars\. \d+ vs (\d+)", message):
        return (
            f"The text has {smallest[1]} different characters and special tokens, but the vocabulary should have only "
            f"{vocabulary_size}; raise the size."
        )
    if "sentences" in message:
        return "There is no text to learn a vocabulary from: every line is blank or too long."
    return f"SentencePiece could not learn a vocabulary of {vocabulary_size} tokens: {message.splitlines()[-1]}"
