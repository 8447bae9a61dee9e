import numpy as np
import pytest

from keras_transformer.errors import InputError
from keras_transformer.generation import SearchSettings
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.plots import attention_plot, plot_attention, plot_positions, plot_training
from keras_transformer.plots.fonts import font_for
from keras_transformer.text import learn_vocabulary
from keras_transformer.text.placeholder_kinds import placeholder_symbols
from keras_transformer.translator import Translator

font_manager = pytest.importorskip("matplotlib.font_manager", reason="the extra `plots` is not installed")
# Matplotlib contains this font.
font_builder = pytest.importorskip("fontTools.fontBuilder")
glyph_pen = pytest.importorskip("fontTools.pens.ttGlyphPen")
LINES = ["a man in a blue shirt is standing on a ladder", "two dogs play in the snow"]


@pytest.fixture(scope="module")
def translator():
    tokenizer = learn_vocabulary(LINES, vocabulary_size=285)
    config = TransformerConfig(
        vocabulary_size=285,
        num_encoder_layers=1,
        num_decoder_layers=3,
        hidden_dim=16,
        intermediate_dim=16,
        num_heads=2,
        max_length=64,
    )
    return Translator(build_transformer(config), tokenizer)


def test_attention_has_a_panel_for_every_block_and_head(translator):
    figure = plot_attention(translator, LINES[0])
    panels = [axes for axes in figure.axes if axes.get_title()]
    columns = ("head 1", "head 2", "average")
    assert [panel.get_title() for panel in panels] == [f"block {b}, {column}" for b in (1, 2, 3) for column in columns]
    first, second, average = (np.array(panel.get_images()[0].get_array()) for panel in panels[:3])
    np.testing.assert_allclose(first.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(average, (first + second) / 2, atol=1e-6)
    expected = [*translator.source_tokenizer.tokens(translator.source_tokenizer.tokenize([LINES[0]]))[0].numpy()]
    written = [label.get_text() for label in panels[-1].get_xticklabels()]
    assert written == [*(token.decode() for token in expected), "</s>"]


def test_the_title_has_the_sentence_and_its_translation(translator):
    title = plot_attention(translator, LINES[1], beam_size=1).get_suptitle()
    assert title.split("\n") == [LINES[1], *translator.translate([LINES[1]], beam_size=1)]


def test_placeholders_are_masked_and_restored():
    symbols = placeholder_symbols(["url"])
    tokenizer = learn_vocabulary(LINES, vocabulary_size=285 + len(symbols), user_defined_symbols=symbols)
    config = TransformerConfig(
        vocabulary_size=tokenizer.vocabulary_size,
        num_encoder_layers=1,
        num_decoder_layers=1,
        hidden_dim=16,
        intermediate_dim=16,
        num_heads=1,
        max_length=16,
    )
    translator = Translator(build_transformer(config), tokenizer)
    figure = plot_attention(translator, "see https://keras.io", beam_size=1)
    assert "<url1>" in [label.get_text() for label in figure.axes[0].get_xticklabels()]
    (translation,) = translator.translate(["see https://keras.io"], beam_size=1)
    shown = "".join(figure.get_suptitle().split())  # Without the breaks of lines.
    assert shown == "".join(f"see https://keras.io {translation}".split())


@pytest.mark.slow
def test_labels_do_not_overlap_with_thirty_tokens(translator):
    figure = plot_attention(translator, " ".join(LINES))
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in figure.axes[6].get_xticklabels()]
    assert len(boxes) > 30
    assert all(left.x1 <= right.x0 + 0.5 for left, right in zip(boxes, boxes[1:]))


@pytest.mark.slow
def test_hundreds_of_tokens_and_many_heads_fit_into_a_picture():
    tokens = [f"token{number}" for number in range(200)]
    figure = attention_plot._draw(np.full((1, 16, 2, 200), 0.005), tokens, tokens[:2])
    assert figure.get_figwidth() <= 102
    figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels()]
    assert len(boxes) == 200
    assert all(left.x1 <= right.x0 + 0.5 for left, right in zip(boxes, boxes[1:]))


def test_the_highest_attention_has_the_darkest_colour():
    figure = attention_plot._draw(np.full((1, 2, 3, 40), 0.025), ["a"] * 40, ["b"] * 3)
    assert {axes.get_images()[0].get_clim() for axes in figure.axes[:2]} == {(0.0, 0.025)}


def test_dollar_signs_are_drawn_as_they_are():
    figure = attention_plot._draw(np.ones((1, 1, 2, 2)) / 2, ["▁$$", "$\\frac$"], ["$x$", "</s>"])
    figure.draw_without_rendering()
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["▁$$", "$\\frac$"]


def test_a_cut_text_is_reported(translator):
    with pytest.warns(UserWarning, match="1 of 1 texts have more than 63 tokens and are cut there"):
        plot_attention(translator, " ".join(LINES * 4), beam_size=1)


def test_settings_replace_separate_arguments(translator):
    settings = SearchSettings(beam_size=2, max_length=4)
    with pytest.warns(UserWarning, match="1 of 1 texts have more than 3 tokens and are cut there"):
        figure = plot_attention(translator, LINES[0], settings=settings)
    panels = [axes for axes in figure.axes if axes.get_title()]
    assert [len(panels[-1].get_xticklabels()), len(panels[0].get_yticklabels()) <= 4] == [4, True]
    with pytest.raises(ValueError, match="Expected `settings` or separate arguments"):
        plot_attention(translator, LINES[0], beam_size=2, settings=settings)


def test_a_text_of_nothing_is_refused(translator):
    with pytest.raises(InputError, match="Expected a sentence with at least one word"):
        plot_attention(translator, "  ")


def test_training_shows_the_columns_of_the_history():
    history = {"epoch": [0, 1], "loss": [3.0, 2.0], "val_loss": [3.5, 2.5], "val_bleu": [None, 20.0]}
    figure = plot_training(history)
    assert [axes.get_title() for axes in figure.axes] == ["loss", "BLEU, validation"]
    loss, bleu = figure.axes
    assert [line.get_ydata().tolist() for line in loss.lines] == [[3.0, 2.0], [3.5, 2.5]]
    assert bleu.lines[0].get_xdata().tolist() == [2]


def test_epochs_have_the_numbers_of_the_history():
    figure = plot_training({"epoch": [10.0, 11.0, 13.0], "loss": [3.0, 2.0, 1.0]})
    assert figure.axes[0].lines[0].get_xdata().tolist() == [11, 12, 14]


def test_a_single_epoch_has_a_whole_number():
    (axes,) = plot_training({"loss": [3.0]}).axes
    low, high = axes.get_xlim()
    assert [tick for tick in axes.get_xticks() if low <= tick <= high] == [1]


def test_a_history_without_numbers_for_some_epochs_is_refused():
    with pytest.raises(InputError, match="val_bleu has 1 values for 3 epochs, and the epochs are unknown"):
        plot_training({"loss": [3.0, 2.0, 1.0], "val_bleu": [20.0]})


def test_epochs_without_finite_numbers_are_dropped():
    history = {"loss": [3.0, 2.0, float("nan")], "perplexity": [float("inf")] * 3, "val_bleu": [None, 1.0, 0.5]}
    figure = plot_training(history)
    assert [axes.get_title() for axes in figure.axes] == ["loss", "BLEU, validation"]
    assert figure.axes[0].lines[0].get_xdata().tolist() == [1, 2]


def test_a_history_of_nothing_is_refused():
    for history in ({}, {"loss": []}, {"loss": [float("nan")]}):
        with pytest.raises(InputError, match="The history has no epoch"):
            plot_training(history)


def test_every_sine_is_beside_its_cosine():
    _, *pairs = [axes for axes in plot_positions(50, 16).axes if axes.get_title() or axes.get_title(loc="left")]
    for axes, column in zip(pairs, (0, 2, 4, 8), strict=True):
        angles = np.arange(50) / 10000 ** (column / 16)
        sine, cosine = (line.get_ydata() for line in axes.lines)
        np.testing.assert_allclose(sine, np.sin(angles), atol=1e-6)
        np.testing.assert_allclose(cosine, np.cos(angles), atol=1e-6)
        assert axes.get_title(loc="left") == f"dimension {column}: sine, dimension {column + 1}: cosine (dashed)"


@pytest.mark.parametrize("hidden_dim", [1, 2, 3])
def test_few_dimensions_are_drawn(hidden_dim):
    figure = plot_positions(4, hidden_dim)
    figure.draw_without_rendering()
    assert len(figure.axes[1].lines) == min(hidden_dim, 2)


def test_positions_of_an_imported_model_have_their_formula():
    figure = plot_positions(50, 16, first_position=1, position_frequencies="tensor2tensor")
    axes = figure.axes[0]
    angle = "(pos + 1) / 10000^(2i / (d - 2))"
    assert axes.get_title() == f"P[pos, 2i] = sin({angle}), P[pos, 2i + 1] = cos({angle})"
    expected = np.cos((np.arange(50) + 1) / 10000 ** (2 / 14))
    np.testing.assert_allclose(axes.get_images()[0].get_array()[:, 3], expected, atol=1e-6)


def test_unknown_frequencies_of_positions_are_refused():
    with pytest.raises(InputError, match="must be one of paper, tensor2tensor. Received: 'fairseq'"):
        plot_positions(50, 16, position_frequencies="fairseq")


def test_positions_are_those_of_the_layer():
    figure = plot_positions(50, 16)
    (image,) = figure.axes[0].get_images()
    assert image.get_array().shape == (50, 16)
    np.testing.assert_allclose(image.get_array()[:, 0], np.sin(np.arange(50)), atol=1e-6)


def test_matplotlibs_own_font_serves_most_text():
    assert font_for(["plain text", "Übermaß"]).get_name() == "DejaVu Sans"


def test_an_installed_font_is_found_by_its_characters(tmp_path, monkeypatch):
    save_font(tmp_path / "blocks.ttf", "Blocks of Hangul", "나는어제")
    fonts = [font_manager.findfont("DejaVu Serif"), str(tmp_path / "blocks.ttf")]
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: fonts)
    # Missing characters use another font. Few fonts have the mark of a word's beginning.
    assert font_for(["▁나는 어제"]).get_family() == ["DejaVu Sans", "Blocks of Hangul"]


def save_font(path, family, characters):
    """A font whose characters are all blank."""
    blank = glyph_pen.TTGlyphPen(None).glyph()
    names = [".notdef", "blank"]
    font = font_builder.FontBuilder(1000)
    font.setupGlyphOrder(names)
    font.setupCharacterMap({ord(character): "blank" for character in characters})
    font.setupGlyf(dict.fromkeys(names, blank))
    font.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": family, "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(path)


def test_more_fonts_than_files_may_be_open_are_looked_through(monkeypatch):
    resource = pytest.importorskip("resource", reason="needs a limit of open files")
    fonts = [font_manager.findfont("DejaVu Serif")] * 200
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: fonts)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (150, before[1]))
    try:
        with pytest.raises(InputError, match="No installed font has"):
            font_for(["나는 어제"])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_without_a_font_the_message_says_which_to_install(monkeypatch):
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    with pytest.raises(InputError, match=r"\(Hangul\)\. Install Noto Sans CJK \(Debian and Ubuntu: fonts-noto-cjk\)"):
        font_for(["나는 어제"])
