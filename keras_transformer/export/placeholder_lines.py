from keras_transformer.text.placeholder_kinds import NUMBERS, PATTERNS


def placeholder_lines(placeholders, exporter):
    """Returns Markdown lines about the placeholders of an artifact, or no lines for a model without them.

    Args:
        placeholders: the `Placeholders` of the model, or None.
        exporter: the `Exporter`.
    """
    if placeholders is None:
        return []
    kinds = ", ".join(f"`{kind}`" for kind in placeholders.kinds)
    if exporter.masks_placeholders:
        patterns = ", ".join(f"`{kind}`" for kind in placeholders.kinds if kind in PATTERNS)
        if not patterns:
            return []
        return [
            "",
            f"Placeholders: parts of a text of the kinds {patterns} are written unchanged to the translation. A part",
            "that the model drops is appended to the translation. The artifact has no glossary.",
        ]
    return [
        "",
        f"The model has placeholders of the kinds {kinds}. This artifact does not replace them: the client",
        "must replace each such part of a text by a symbol, "
        f"`{placeholders.symbols[0]}` to `{placeholders.symbols[NUMBERS - 1]}`",
        "and so on, numbered in each text, and put the parts back into the translation. The artifact was compared",
        "with the model on texts without this step.",
    ]
