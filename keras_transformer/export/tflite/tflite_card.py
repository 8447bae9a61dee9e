"""Markdown lines of the model card of a TFLite file: its signatures and their limits."""

from keras_transformer.export.tflite.fixed_lengths import FIXED_LENGTHS

TENSORFLOW_TEXT_USES = [
    "A TFLite file, text to text. Signature `translate`: `text` (1,) string to `translation` (1,) string, in UTF-8",
    "(where the model spells broken characters in bytes, they are passed on). The runtime needs TensorFlow Text's",
    "operations (in Python `tensorflow_text.tflite_registrar.SELECT_TFTEXT_OPS`).",
]


def ids_uses():
    """Returns the lines about the signatures for token ids."""
    names = ", ".join(f"`translate_{length}`" for length in FIXED_LENGTHS)
    shapes = ", ".join(f"(1, {length})" for length in FIXED_LENGTHS)
    return [
        "A TFLite file with built-in operations only. Signature `translate`, token ids to token ids: `source_ids`",
        "(batch, source_length) int32, each row the ids of the SentencePiece model and the end token 3, then 0; to",
        "`target_ids` (batch, beam, max_length) int32, best first, 0 after the end token 3, and `scores` (batch, beam)",
        f"float32. The signatures {names} take `source_ids` of the fixed shapes {shapes}.",
        "",
        "A blank text, which has only spaces and invisible characters, has no translation. Skip it. Otherwise,",
        "`translate` generates an arbitrary sentence. The page docs/mobile.md of keras-transformer has the pattern of",
        "such texts.",
    ]


def text_uses(missing):
    """Returns the lines about the signatures for texts.

    Args:
        missing: the reason why the file has no such signatures, or None if it has.
    """
    if missing:
        return ["", f"The file has no signatures for texts: {missing}. Run SentencePiece separately."]
    return [
        "",
        "Signature `translate_text`, text to text without SentencePiece: `code_points` (1, length) int32, the Unicode",
        "code points of the text; to `code_points` (1, beam, max_length * longest token) int32, best first, padded",
        "with 0, and `scores` (1, beam) float32. `translate_text_256` takes `code_points` of the fixed shape (1, 256),",
        "padded with 0. `tokenize` maps `code_points` (1, length) to `ids` (1, tokens), without the end token.",
        "`detokenize` maps `ids` (rows, length) to `code_points` (rows, length * longest token). A blank text has an",
        "empty translation and the score 0. A 0 in the text is dropped. Numbers that are no Unicode characters are",
        "read as U+FFFD. A text of more tokens than the model takes is cut.",
    ]
