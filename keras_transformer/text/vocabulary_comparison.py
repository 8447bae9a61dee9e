from sentencepiece import sentencepiece_model_pb2


def have_same_vocabulary(first, second):
    """Returns whether two tokenizers split every text into the same token ids.

    Vocabularies of the same text can differ in notes about their training, which do not matter.

    Args:
        first, second: the two `Tokenizer`s.
    """
    return first == second or _parts(first) == _parts(second)


def _parts(tokenizer):
    model = sentencepiece_model_pb2.ModelProto.FromString(tokenizer.model)
    pieces = [(piece.piece, piece.score, piece.type) for piece in model.pieces]
    rules = (model.normalizer_spec, model.denormalizer_spec)
    spec = model.trainer_spec
    kinds = (spec.model_type, spec.byte_fallback, spec.treat_whitespace_as_suffix)
    return pieces, [rule.SerializeToString(deterministic=True) for rule in rules], kinds
