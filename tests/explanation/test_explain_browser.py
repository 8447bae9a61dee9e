"""The page in a real browser: what is shown is compared with the data of the page and with the model."""

import pytest
from browser import opened_browser, resize
from explained_pages import SENTENCE, page_entries, page_matrix, page_picture, small_translator
from page_browser import canvas_of, find, open_page, press

import keras_transformer as kt

OVERFLOW = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
BLANK = """
return [...document.querySelectorAll("canvas")].filter((canvas) => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return new Set(new Uint32Array(pixels.buffer)).size < 3;
}).length;
"""


@pytest.fixture(scope="module")
def translator():
    return small_translator(normalize_first=True)


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    with opened_browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def paths(translator, tmp_path_factory):
    """The pages by language."""
    folder = tmp_path_factory.mktemp("page")
    return {
        language: kt.explain(translator, SENTENCE, folder / f"a page {language}.html", language, beam_size=3)
        for language in ("en", "ko")
    }


@pytest.fixture(scope="module")
def page(driver, paths):
    """The opened page: the driver, and the data and numbers of the page."""
    resize(driver, 1280)
    open_page(driver, paths["en"])
    return driver, *page_entries(paths["en"])


def _select(driver, name, number):
    from selenium.webdriver.support.select import Select  # noqa: PLC0415 (an optional dependency)

    Select(find(driver, f"#{name}")).select_by_value(str(number))


def _go_to(driver, step):
    slider = find(driver, "#step")
    press(slider, "HOME", *["ARROW_RIGHT"] * step)
    assert slider.get_property("value") == str(step + 1)


def _read(driver, view, row, column, picture=False):
    """The text that the page shows for a cell that is reached by the keyboard."""
    canvas = canvas_of(driver, view, picture)
    press(canvas, "ESCAPE", "ARROW_RIGHT", *["ARROW_DOWN"] * row, *["ARROW_RIGHT"] * column)
    return find(driver, "#readout").text.replace("\u2068", "").replace("\u2069", "")


def _shown(text):
    return float(text.rpartition("= ")[2].replace("−", "-"))


def test_it_opens_without_errors_and_without_the_network(page):
    driver, data, _ = page
    assert driver.get_log("browser") == []
    assert driver.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert find(driver, "#text").text == SENTENCE
    assert find(driver, "#translation").get_property("textContent") == data["translation"]
    chips = [chip.text.split("\n") for chip in driver.find_elements("css selector", "#source-tokens li")]
    assert chips == [[token, str(i)] for token, i in zip(data["source"]["tokens"], data["source"]["ids"])]


@pytest.mark.parametrize("step", [0, 3])
def test_the_slider_shows_the_next_words_of_its_step(page, step):
    driver, data, _ = page
    _go_to(driver, step)
    expected = data["next"][step]
    rows = driver.find_elements("css selector", "#words tr")
    shown = [row.get_property("innerText").split("\t") for row in rows]
    probabilities = [float(text[-1].split("%")[0]) / 100 for text in shown]
    assert [text[1].strip() for text in shown][:10] == [token for token, _, _ in expected["words"]]
    assert probabilities[:10] == pytest.approx([probability for _, _, probability in expected["words"]], abs=5.1e-5)
    assert find(driver, "#words .chosen bdi").text == expected["chosen"][0]
    assert find(driver, "#target-tokens .current bdi").text == data["target"]["tokens"][step]


@pytest.mark.parametrize(
    "view, name, block",
    [
        ("encoder/query", "encoder/{}/self_attention/query", "encoder"),
        ("encoder/scores", "encoder/{}/self_attention/scores", "encoder"),
        ("masked/unscaled", "decoder/{}/self_attention/unscaled", "decoder"),
        ("masked/products", "decoder/{}/self_attention/products", "decoder"),
        ("masked/scores", "decoder/{}/self_attention/scores", "decoder"),
        ("cross/scores", "decoder/{}/cross_attention/scores", "decoder"),
        ("cross/mixed", "decoder/{}/cross_attention/mixed", "decoder"),
        ("cross/heads", "decoder/{}/cross_attention/mixed", "decoder"),
        ("masked/sublayer_outputs", "decoder/{}/self_attention/sublayer_outputs", "decoder"),
        ("encoder-feed-forward/intermediate", "encoder/{}/feed_forward/intermediate", "encoder"),
        ("decoder-feed-forward/total", "decoder/{}/feed_forward/total", "decoder"),
        ("positions", "source/positions", None),
        ("encoder_sequence", "encoder_sequence", None),
    ],
    ids=str,
)
def test_a_cell_shows_the_number_of_the_chosen_block_and_head(page, view, name, block):
    driver, data, content = page
    _go_to(driver, 3)
    _select(driver, "encoder-block", 2)
    _select(driver, "decoder-block", 2)
    _select(driver, "head", 2)
    numbers, _ = page_matrix(data, content, name.format(2))
    if numbers.ndim == 3:
        numbers = numbers[0 if view == "cross/heads" else 1]
    for row, column in [(0, 0), (2, 1)]:
        decimals = data["matrices"][name.format(2)]["decimals"]
        assert _shown(_read(driver, view, row, column)) == pytest.approx(
            numbers[row, column], abs=0.5 * 10.0**-decimals
        )


def test_a_picture_shows_an_approximate_number(page):
    driver, data, content = page
    numbers, _ = page_matrix(data, content, "encoder_sequence")
    text = _read(driver, "encoder_sequence", 1, 2, picture=True)
    assert "≈" in text
    unit = data["matrices"]["encoder_sequence"]["unit"]
    assert float(text.split("≈")[1].replace("−", "-")) == pytest.approx(numbers[1, 2], abs=unit, rel=0.06)


def test_the_largest_number_of_a_wide_matrix_is_that_of_all_columns(page):
    driver, data, content = page
    views = {"rows": "source/rows", "embedded": "source/embedded", "decoder_sequence": "decoder_sequence"}
    pictures = {view: abs(page_picture(data, content, name)[0]) for view, name in views.items()}
    assert any(picture[:, 8:].max() > picture[:, :8].max() + 0.01 for picture in pictures.values())
    for view, picture in pictures.items():
        caption = find(driver, f'[data-name="{view}"] figcaption').text
        assert float(caption.split("largest ")[1].split(" ")[0]) == pytest.approx(picture.max(), abs=5.1e-3)


def test_the_mask_shows_the_number_of_the_library(page):
    driver, data, _ = page
    _go_to(driver, 2)
    text = _read(driver, "masked/masked", 0, 1)
    assert "stands for −∞" in text
    assert float(text.split("= ")[1].split(" ")[0].replace("−", "-")) == pytest.approx(data["hidden"], rel=1e-6)
    assert "Not computed yet" in _read(driver, "masked/scores", 0, 3)


def test_the_tree_shows_each_hypothesis_and_its_candidates(page):
    driver, data, _ = page
    nodes = [node for step in data["steps"] for node in step["nodes"]]
    shown = driver.find_elements("css selector", "#tree .node")
    assert len(shown) == len(nodes)
    first = data["steps"][1]["nodes"][0]
    scores = [node.get_property("textContent") for node in shown]
    assert all(f"{node['score']:.3f}".replace("-", "−") in text for node, text in zip(nodes[1:], scores[1:]))
    press(shown[1], "ENTER")
    details = find(driver, "#node").text
    assert f"{first['score']:.4f}".replace("-", "−") in details
    tokens = [cell.text for cell in driver.find_elements("css selector", ".candidates td:first-child")]
    assert tokens == [token for token, _ in first["candidates"]]
    press(shown[1], "ARROW_LEFT")
    assert driver.switch_to.active_element == shown[0]


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [
        (1280, "light", "en"),
        (390, "dark", "ko"),
        *(
            pytest.param(width, scheme, language, marks=pytest.mark.slow)
            for width, scheme, language in [
                *((1280, "light", "ko"), (1280, "dark", "en"), (1280, "dark", "ko")),
                *((390, "light", "en"), (390, "light", "ko"), (390, "dark", "en")),
            ]
        ),
    ],
)
def test_every_stage_is_drawn_within_the_width(driver, paths, width, scheme, language):
    resize(driver, width, scheme=scheme)
    open_page(driver, paths[language])
    assert driver.get_log("browser") == []
    assert driver.execute_script(OVERFLOW) <= 0
    driver.execute_script("page.views.forEach((view) => view.draw())")
    assert len(driver.find_elements("css selector", "canvas")) > 50
    assert driver.execute_script(BLANK) == 0


def test_tokens_are_text_and_not_html(driver, tmp_path):
    text = "</script><b> مرحبا 🙂 {{style}}"
    translator = small_translator(max_length=64, hidden_dim=16, num_encoder_layers=1, num_decoder_layers=1)
    path = kt.explain(translator, text, tmp_path / "a.html", beam_size=1)
    resize(driver, 390)
    open_page(driver, path)
    assert driver.get_log("browser") == []
    assert driver.title.startswith("</script>")
    assert find(driver, "#text").text == text


def test_the_formula_and_the_mask_are_those_of_an_imported_model(driver, paths, tmp_path):
    formula = "return document.querySelector('#positions .formula').innerText"
    mask = "return document.querySelector('#encoder-mask p.when-encoder').innerText"
    resize(driver, 1280)
    open_page(driver, paths["en"])
    assert driver.execute_script(formula).startswith("P[pos, 2i] = sin(pos / 100002i/d)")
    assert driver.execute_script(mask).startswith("The mask hides padding. ")
    fields = {"position_frequencies": "tensor2tensor", "first_position": 1, "source_end": False}
    translator = small_translator(hidden_dim=16, num_encoder_layers=1, num_decoder_layers=1, **fields)
    open_page(driver, kt.explain(translator, SENTENCE, tmp_path / "a.html", beam_size=1))
    assert driver.execute_script(formula).startswith("P[pos, 2i] = sin((pos + 1) / 100002i/(d − 2))")
    assert driver.execute_script(mask).startswith("The mask hides padding and the end token of the source,")
