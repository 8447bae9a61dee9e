from sentencepiece import sentencepiece_model_pb2

from keras_transformer.errors import InputError
from keras_transformer.export.tflite.text_signatures.piece_tables import NUM_BYTES
from keras_transformer.text.character_map import character_rules
from keras_transformer.text.normalization import NORMALIZATIONS
from keras_transformer.text.placeholder_kinds import placeholder_kinds

_PIECE = sentencepiece_model_pb2.ModelProto.SentencePiece
_TRAINER = sentencepiece_model_pb2.TrainerSpec


def check_supported(model):
    """Raises an `InputError` if `unsupported_reason` has a reason.

    Args:
        model: the bytes of a SentencePiece model.
    """
    reason = unsupported_reason(model)
    if reason:
        raise InputError(
            f"The signatures for texts do not support the vocabulary: it {reason}. Export without them, with "
            "`--no-text-signature` (in Python text_signature=False), and run SentencePiece separately."
        )


def unsupported_vocabulary(tokenizers):
    """Returns the first vocabulary of `Tokenizers` that cannot have signatures for texts.

    Returns:
        Its side, "source" or "target", and the reason; or None if both vocabularies can.
    """
    for side, tokenizer in (("source", tokenizers.source), ("target", tokenizers.target)):
        reason = unsupported_reason(tokenizer.model)
        if reason:
            return side, reason
    return None


def unsupported_reason(model):
    """Returns the reason why a vocabulary cannot have signatures for texts, or None if it can.

    Args:
        model: the bytes of a SentencePiece model.
    """
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    trainer, normalizer = proto.trainer_spec, proto.normalizer_spec
    found = []
    if trainer.model_type != _TRAINER.UNIGRAM:
        name = _TRAINER.ModelType.Name(trainer.model_type).lower()
        found.append(f"is of the type {name}, not unigram ([vocabulary] model_type)")
    if trainer.treat_whitespace_as_suffix:
        found.append("has spaces at the end of tokens")
    if not normalizer.escape_whitespaces:
        found.append("keeps spaces unescaped")
    if proto.denormalizer_spec.precompiled_charsmap:
        found.append("has rules for the output")
    ids = [token_id for token_id, piece in enumerate(proto.pieces) if piece.type == _PIECE.BYTE]
    if trainer.byte_fallback and [proto.pieces[token_id].piece for token_id in ids] != [
        f"<0x{byte:02X}>" for byte in range(NUM_BYTES)
    ]:
        found.append("has the tokens of bytes in another order")
    elif trainer.byte_fallback and ids != [*range(ids[0], ids[0] + NUM_BYTES)]:
        found.append("has other tokens between those of bytes")
    # The learned vocabularies have the rules of `NORMALIZATIONS`, without such results.
    is_own = normalizer.name in NORMALIZATIONS
    if not is_own and any(result.startswith("  ") for result in character_rules(model).values()):
        found.append("has rules whose results begin with two spaces")
    symbols = [piece.piece for piece in proto.pieces if piece.type == _PIECE.USER_DEFINED]
    if placeholder_kinds(symbols):
        found.append("has placeholders, which need regular expressions ([data] placeholders)")
    if any(" " in symbol for symbol in symbols):
        found.append("has user-defined symbols with spaces")
    # SentencePiece's scores of symbols depend on the greatest score if it is above 0. Learned scores are below 0.
    if symbols and any(piece.type == _PIECE.NORMAL and piece.score > 0 for piece in proto.pieces):
        found.append("has user-defined symbols and scores above 0")
    return " and ".join(found) or None
