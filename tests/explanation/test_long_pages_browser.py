"""Pages of long sentences, wide heads and other scripts in a real browser."""

import numpy as np
import pytest
from browser import opened_browser, resize
from explained_pages import SENTENCE, page_entries, page_matrix, page_picture, small_translator, text_of_length
from page_browser import canvas_of, find, open_page, press, run_on_grid, scroll_to_grid

import keras_transformer as kt
from keras_transformer.models import transformer_parts
from keras_transformer.special_tokens import END_ID

ARABIC = [
    *("ذهبت إلى المقهى أمس.", "تذهب اليوم إلى المدرسة.", "هذا بيت كبير.", "رأيت الكلب في الحديقة."),
    *("كتب الولد رسالة طويلة إلى صديقه.", "أحب القهوة مع الحليب في الصباح.", "سافرنا إلى البحر في الصيف الماضي."),
]
# A part of a canvas as numbers, which are equal if the pictures are.
PIXELS = "const pixels = (...box) => [...grid.context.getImageData(...box).data].join();"


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with opened_browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def long_path(tmp_path_factory):
    """A page of a sentence of 70 tokens, whose translation is empty."""
    translator = small_translator(
        hidden_dim=16, num_encoder_layers=1, num_decoder_layers=1, output_bias=True, max_length=90
    )
    bias = transformer_parts(translator.model).output_bias.bias
    bias.assign(100.0 * (np.arange(bias.shape[0]) == END_ID))
    text = text_of_length(translator.source_tokenizer, 70)
    return kt.explain(translator, text, tmp_path_factory.mktemp("page") / "a.html", beam_size=1)


@pytest.fixture(scope="module", params=[1280, 390])
def long_page(driver, long_path, request):
    resize(driver, request.param)
    open_page(driver, long_path)
    return driver


def test_labels_stay_in_sight(long_page):
    script = f"""{PIXELS}
    const header = (x, y) => pixels(x + grid.left, y, 100, grid.top - 1);
    const labels = (x, y) => pixels(x, y + grid.top, grid.left - 1, 100);
    scroll.style.width = "240px";
    scroll.scrollTo(0, 0);
    await nextFrame();
    const before = [header(0, 0), labels(0, 0)];
    scroll.scrollTop = 200;
    await nextFrame();
    const down = header(0, 200);
    scroll.scrollTo(40, 0);
    await nextFrame();
    const right = [scroll.scrollLeft, before[0] === down, before[1] === labels(40, 0)];
    view.layout();
    return right;
    """
    for view in ("encoder/query", "encoder/scores"):
        scroll_to_grid(long_page, view)
        assert run_on_grid(long_page, view, script) == [40, True, True]


def test_the_keyboard_scrolls_to_the_cell(long_page):
    script = """
    const box = scroll.getBoundingClientRect(), readout = byId("readout").getBoundingClientRect();
    const top = grid.canvas.getBoundingClientRect().top + grid.top + grid.cursor[0] * grid.cellHeight;
    const bottom = top + grid.cellHeight;
    const distances = [top - box.top - grid.top, box.bottom - bottom, top, innerHeight - bottom];
    return [grid.cursor[0], readout.height > 0, ...distances, readout.top, innerHeight - readout.bottom];
    """
    canvas = canvas_of(long_page, "encoder/query")
    press(canvas, "ESCAPE")
    run_on_grid(long_page, "encoder/query", "await nextFrame();")  # The focus scrolls the page.
    for keys, expected in ((["ARROW_RIGHT", *["ARROW_DOWN"] * 25], 25), (["ARROW_UP"] * 20, 5)):
        press(canvas, *keys)
        row, is_shown, *distances = run_on_grid(long_page, "encoder/query", script)
        assert (row, is_shown) == (expected, True)
        assert min(distances) >= 0


def test_labels_of_narrow_columns_do_not_overlap(long_page):
    script = """
    const places = [];
    grid.drawColumnLabel = (label, x) => places.push([label, x]);
    grid.drawHeader();
    delete grid.drawColumnLabel;
    return [places, grid.options.columnLabels, grid.cellWidth];
    """
    places, tokens, width = run_on_grid(long_page, "encoder/scores", script, picture=True)
    distances = np.diff([x for _, x in places])
    assert len(tokens) == 70
    assert width < 9
    assert (distances >= 13).all()
    assert (distances < 13 + width).all()
    assert [label for label, _ in places] == tokens[:: round(distances[0] / width)]


def test_a_tap_shows_a_number(long_page):
    scroll_to_grid(long_page, "encoder/query")
    script = """
    scroll.scrollTo(0, 0);
    const box = grid.canvas.getBoundingClientRect();
    return [box.left + grid.left + 5, box.top + grid.top + 5];
    """
    x, y = run_on_grid(long_page, "encoder/query", script)
    for kind, points in (("touchStart", [{"x": x, "y": y}]), ("touchEnd", [])):
        long_page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert run_on_grid(long_page, "encoder/query", "await nextFrame(); return grid.cursor") == [0, 0]
    assert find(long_page, "#readout").is_displayed()


def test_long_labels_are_cut_with_a_sign(long_page):
    script = """
    const signs = [];
    grid.isLevel = false;
    grid.context.fillText = (sign) => signs.push(sign);
    grid.drawColumnLabel("▁어제카페", 40);
    grid.drawColumnLabel("▁어제카페에", 40);
    delete grid.context.fillText;
    return signs.join("");
    """
    assert run_on_grid(long_page, "encoder/scores", script) == "▁어제카페▁어제카⋮"


def test_wide_heads_side_by_side_are_their_pictures(driver, tmp_path):
    translator = small_translator(hidden_dim=160, num_encoder_layers=1, num_decoder_layers=1)
    path = kt.explain(translator, SENTENCE, tmp_path / "a.html", beam_size=1)
    data, content = page_entries(path)
    shades, _ = page_picture(data, content, "encoder/1/self_attention/mixed")
    numbers, _ = page_matrix(data, content, "encoder/1/self_attention/mixed")
    resize(driver, 1280)
    open_page(driver, path)
    for head, column in ((0, 9), (0, 79), (1, 0), (1, 79)):
        text = run_on_grid(driver, "encoder/heads", f"return grid.text(1, {80 * head + column})", picture=True)
        assert f", {80 * head + column}] ≈ " in text
        shown = float(text.split("≈ ")[1].replace("−", "-"))
        assert shown == pytest.approx(shades[head, 1, column], rel=0.06)
    text = run_on_grid(driver, "encoder/heads", "return grid.text(1, 7)")
    decimals = data["matrices"]["encoder/1/self_attention/mixed"]["decimals"]
    assert float(text.split("= ")[1].replace("−", "-")) == pytest.approx(numbers[0, 1, 7], abs=0.6 * 10.0**-decimals)
    assert run_on_grid(driver, "encoder/heads", "return grid.largest") == pytest.approx(
        max(abs(shades).max(), abs(numbers).max())
    )


def test_tokens_of_arabic_are_in_the_order_of_the_steps(driver, tmp_path):
    translator = small_translator(lines=ARABIC, max_length=24, num_encoder_layers=1, num_decoder_layers=1)
    path = kt.explain(translator, ARABIC[2], tmp_path / "a.html", beam_size=1)
    data, _ = page_entries(path)
    resize(driver, 1280)
    open_page(driver, path)
    driver.execute_script("goTo(page.data.target.tokens.length - 1)")
    tokens = data["target"]["tokens"]
    script = """
    const text = arguments[0].firstChild, range = document.createRange(), places = [];
    let at = 0;
    for (const token of arguments[1]) {
      at = text.data.indexOf(token, at);
      range.setStart(text, at);
      range.setEnd(text, (at += token.length));
      const { left, top } = range.getBoundingClientRect();
      places.push([Math.round(top), left]);
    }
    return places;
    """
    assert any(character > "\u0600" for token in tokens for character in token)
    for selector in ("#so-far bdi", "#node b"):
        places = driver.execute_script(script, find(driver, selector), tokens)
        assert places == sorted(places)
