from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_transformer.data.pool_batches import shift_targets
from keras_transformer.errors import InputError
from keras_transformer.generation import Generator, SearchSettings, cross_attention
from keras_transformer.plots.figure import new_figure
from keras_transformer.plots.fonts import font_for
from keras_transformer.text.token_rows import padded_ids, rows_to_cut

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from keras_transformer.translator import Translator


# Sizes in inches: of a token with its label, and of the labels next to the grid.
_TOKEN_SIZE = 0.17
_SMALLEST_PANEL = 1.6
_MARGIN = 1.6
_FONT_SIZE = 8  # Points.
# Maximum size of all panels in a row or a column in inches. Beyond it, tokens and labels are smaller, because most
# viewers cannot show larger pictures.
_LARGEST_SIDE = 100.0


def plot_attention(
    translator: "Translator",
    text: str,
    beam_size: int | None = None,
    length_penalty: float | None = None,
    settings: SearchSettings | None = None,
) -> "Figure":
    """Draws the attention of each token of a translation to the source tokens: a heat map per decoder block and head.

    Args:
        translator: a `Translator`.
        text: a sentence of the source language.
        beam_size, length_penalty: a shorthand for `settings`. Default: those of `SearchSettings`.
        settings: the `SearchSettings` by which the translation is found. Default: those of the separate arguments.

    Returns:
        A `matplotlib.figure.Figure` with a row of panels per block and a column per head. Labels are smaller if the
        panels exceed 100 inches, for example with 16 heads and more than 36 tokens.

    Raises:
        InputError: the text has no tokens, matplotlib is missing, or no font has the characters.
        ValueError: `settings` is given together with one of its fields.

    Reference:
        "Attention Is All You Need", section 3.2.3 and the appendix "Attention visualizations".
    """
    settings = SearchSettings.of(settings, beam_size=beam_size, length_penalty=length_penalty)
    settings = settings.of_model(translator.config)
    tokenizers, max_length = translator.tokenizers, settings.max_length
    source_ids = padded_ids(rows_to_cut(tokenizers.source, [text], max_length), max_length)
    if not tf.reduce_any(source_ids > 0):
        raise InputError(f"Expected a sentence with at least one word. Received: {text!r}.")
    source_tokens = _written(tokenizers.source, source_ids)
    font_for(source_tokens)  # Raises errors before the search.
    generator = Generator(translator.model)
    found = generator.generate(source_ids, settings=settings)
    target_ids = tf.boolean_mask(found.token_ids[:, 0], found.token_ids[0, 0] > 0, axis=1)
    scores = cross_attention(generator.parts, source_ids, shift_targets(target_ids))
    target_tokens = _written(tokenizers.target, target_ids)
    return _draw(np.array(scores)[:, 0], source_tokens, target_tokens)


def _written(tokenizer, token_ids):
    return [token.decode("utf-8") for token in tokenizer.tokens(token_ids).numpy()[0]]


def _draw(scores, source_tokens, target_tokens):
    """Draws the grid of scores `(num_layers, num_heads, target_length, source_length)`."""
    num_layers, num_heads = scores.shape[:2]
    cells = max(num_heads * len(source_tokens), num_layers * len(target_tokens))
    token_size = min(_TOKEN_SIZE, _LARGEST_SIDE / cells)
    width = max(_SMALLEST_PANEL, token_size * len(source_tokens))
    height = max(_SMALLEST_PANEL, token_size * len(target_tokens))
    figure = new_figure(num_heads * width + _MARGIN, num_layers * height + _MARGIN)
    font = font_for([*source_tokens, *target_tokens])
    font.set_size(_FONT_SIZE * token_size / _TOKEN_SIZE)
    # Tokens can have dollar signs.
    style = {"fontproperties": font, "parse_math": False}
    # With many tokens all scores are low. On a scale up to 1 all cells would be white.
    highest = scores.max()
    panels = figure.subplots(num_layers, num_heads, sharex=True, sharey=True, squeeze=False)
    for layer, row in enumerate(panels):
        for head, panel in enumerate(row):
            image = panel.imshow(scores[layer, head], vmin=0.0, vmax=highest, cmap="Blues", aspect="auto")
            panel.set_title(f"block {layer + 1}, head {head + 1}", fontsize=9)
            if head == 0:
                panel.set_yticks(range(len(target_tokens)), target_tokens, **style)
            if layer == num_layers - 1:
                panel.set_xticks(range(len(source_tokens)), source_tokens, **style, rotation=90)
            panel.tick_params(length=0)
    figure.supxlabel("source", fontsize=10)
    figure.supylabel("translation", fontsize=10)
    figure.colorbar(image, ax=panels, shrink=0.5, label="attention")
    return figure
