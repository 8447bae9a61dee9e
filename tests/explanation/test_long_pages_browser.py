"""Pages of long sentences, wide heads and other scripts in a real browser."""

import pytest
from browser import opened_browser, resize
from explained_pages import SENTENCE, page_entries, page_matrix, page_picture, small_translator
from page_browser import open_page, run_on_grid

import keras_transformer as kt


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with opened_browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


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
