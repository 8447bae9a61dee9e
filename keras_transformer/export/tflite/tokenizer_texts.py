from keras_transformer.errors import ExportError
from keras_transformer.special_tokens import PADDING_ID


def with_texts_of(tokenizers, run, has_texts):
    """Returns a run with the target tokenizer's texts of its tokens.

    Of several tokens of a space before a text, SentencePiece drops one and the tokenizer all, if the vocabulary keeps
    repeated spaces.

    Args:
        tokenizers: the `Tokenizers`.
        run: the `Run` of a file.
        has_texts: whether the translations are texts of the file. They must be those of the tokenizer, except for the
            character 0, which a file drops.

    Raises:
        ExportError: a text of the file is not the tokenizer's.
    """
    ids = {token: token_id for token_id, token in enumerate(tokenizers.target.all_tokens())}
    width = 1 + max(map(len, run.tokens), default=0)
    rows = [[ids[token] for token in row] + [PADDING_ID] * (width - len(row)) for row in run.tokens]
    texts = tokenizers.decode_target(rows)
    for text, found in zip(texts, run.translations, strict=True):
        if has_texts and found != text.replace("\0", ""):
            raise ExportError(
                f"The signature detokenize gives {found[:60]!r} instead of the model's text {text[:60]!r}."
            )
    return run._replace(translations=texts)
