from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from keras_transformer.data.pool_batches import shift_targets
from keras_transformer.errors import InputError
from keras_transformer.generation import Generator, SearchSettings, cross_attention
from keras_transformer.plots.figure import new_figure
from keras_transformer.plots.fonts import font_for, without_missing
from keras_transformer.plots.labels import broken_lines, is_wide, stacked, text_widths
from keras_transformer.text.masking import Masking
from keras_transformer.text.token_rows import padded_ids, rows_to_cut
from keras_transformer.text.tokenizer import check_unicode

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
# Width of a row of panels in inches up to which cells are widened, so that labels fit below them without a rotation.
_WIDEST_ROW = 18.0
_PADDING = 0.06
# Few fonts have the brackets of placeholders.
_BRACKETS = str.maketrans("｟｠", "<>")
_TITLE_SIZE = 12  # Points.


def plot_attention(
    translator: "Translator",
    text: str,
    beam_size: int | None = None,
    length_penalty: float | None = None,
    settings: SearchSettings | None = None,
) -> "Figure":
    """Draws the attention of each token of a translation to the source tokens: a heat map per decoder block and head.

    The title has the sentence and its translation. The last panel of each row is the average of the heads. Source
    tokens are upright if their row of panels is at most 18 inches wide. Otherwise tokens wider than their column are
    written from top to bottom (Hangul, Chinese, Japanese) or rotated (other scripts).

    Args:
        translator: a `Translator`.
        text: a sentence of the source language.
        beam_size, length_penalty: a shorthand for `settings`. Default: those of `SearchSettings`.
        settings: the `SearchSettings` by which the translation is found. Default: those of the separate arguments.

    Returns:
        A `matplotlib.figure.Figure` with a row of panels per block and a column per head, and the average of several
        heads. Labels are smaller if the panels exceed 100 inches, for example with 16 heads and more than 34 tokens.

    Raises:
        InputError: the text has no tokens, matplotlib is missing, or no font has the characters.
        ValueError: `settings` is given together with one of its fields.

    Example:

    >>> kt.plots.plot_attention(translator, "나는 어제 카페에 갔다.").savefig("attention.png")

    Reference:
        "Attention Is All You Need", section 3.2.3 and the appendix "Attention visualizations".
    """
    settings = SearchSettings.of(settings, beam_size=beam_size, length_penalty=length_penalty)
    settings = settings.of_model(translator.config)
    tokenizers, max_length = translator.tokenizers, settings.max_length
    check_unicode(text)
    masking = Masking(tokenizers, [text], copies=False)
    source_ids = padded_ids(rows_to_cut(tokenizers.source, masking.texts, max_length), max_length)
    if not tf.reduce_any(source_ids > 0):
        raise InputError(f"Expected a sentence with at least one word. Received: {text!r}.")
    source_tokens = _written(tokenizers.source, source_ids)
    font_for(source_tokens)  # Raises errors before the search.
    generator = Generator(translator.model, translator.shortlist)
    found = generator.generate(source_ids, settings=settings)
    target_ids = tf.boolean_mask(found.token_ids[:, 0], found.token_ids[0, 0] > 0, axis=1)
    scores = cross_attention(generator.parts, source_ids, shift_targets(target_ids))
    target_tokens = _written(tokenizers.target, target_ids)
    sentences = [text, *masking.restored([tokenizers.decode_target(target_ids)])[0]]
    return _draw(np.array(scores)[:, 0], source_tokens, target_tokens, sentences)


def _written(tokenizer, token_ids):
    return [token.decode("utf-8").translate(_BRACKETS) for token in tokenizer.tokens(token_ids).numpy()[0]]


def _draw(scores, source_tokens, target_tokens, sentences=()):
    """Draws the grid of scores `(num_layers, num_heads, target_length, source_length)`."""
    num_layers, num_heads = scores.shape[:2]
    names = [f"head {head + 1}" for head in range(num_heads)]
    if num_heads > 1:
        scores = np.concatenate([scores, scores.mean(axis=1, keepdims=True)], axis=1)
        names.append("average")
    cells = max(len(names) * len(source_tokens), num_layers * len(target_tokens))
    token_size = min(_TOKEN_SIZE, _LARGEST_SIDE / cells)
    font = font_for([*source_tokens, *target_tokens], optional=" ".join(sentences))
    font.set_size(_FONT_SIZE * token_size / _TOKEN_SIZE)
    source_tokens, target_tokens = (without_missing(tokens, font) for tokens in (source_tokens, target_tokens))
    # Tokens can have dollar signs.
    style = {"fontproperties": font, "parse_math": False}
    height = max(_SMALLEST_PANEL, token_size * len(target_tokens))
    figure = new_figure(1, num_layers * height + _MARGIN)
    label_widths = [width + _PADDING for width in text_widths(figure, source_tokens, **style)]
    widened = max(token_size, *label_widths)
    cell = widened if widened * len(source_tokens) * len(names) <= _WIDEST_ROW else token_size
    cell = max(cell, _SMALLEST_PANEL / len(source_tokens))
    figure.set_figwidth(len(names) * cell * len(source_tokens) + _MARGIN)
    # With many tokens all scores are low. On a scale up to 1 all cells would be white.
    highest = scores.max()
    panels = figure.subplots(num_layers, len(names), sharex=True, sharey=True, squeeze=False)
    for layer, row in enumerate(panels):
        for head, panel in enumerate(row):
            image = panel.imshow(scores[layer, head], vmin=0.0, vmax=highest, cmap="Blues", aspect="auto")
            panel.set_title(f"block {layer + 1}, {names[head]}", fontsize=9)
            if head == 0:
                panel.set_yticks(range(len(target_tokens)), target_tokens, **style)
            if layer == num_layers - 1:
                _label(panel, source_tokens, [width <= cell for width in label_widths], style)
            panel.tick_params(length=0)
    figure.supxlabel("source", fontsize=10)
    figure.supylabel("translation", fontsize=10)
    figure.colorbar(image, ax=panels, shrink=0.5, label="attention")
    if sentences:
        _write_title(figure, sentences, font)
    return figure


def _label(panel, tokens, fits, style):
    """Writes the source tokens below a panel. Those that do not fit are stacked or rotated."""
    texts = [token if fit or not is_wide(token) else stacked(token) for token, fit in zip(tokens, fits)]
    panel.set_xticks(range(len(texts)), texts, **style)
    for label, token, fit in zip(panel.get_xticklabels(), tokens, fits):
        label.set_rotation(0 if fit or is_wide(token) else 90)


def _write_title(figure, sentences, font):
    font = font.copy()
    font.set_size(_TITLE_SIZE)
    # Most letters are narrower than 0.65 times the size of their font.
    letters = int(figure.get_figwidth() * 72 / (0.65 * _TITLE_SIZE))
    lines = [broken_lines(sentence, letters) for sentence in without_missing(sentences, font)]
    figure.suptitle("\n".join(lines), fontproperties=font, parse_math=False)
