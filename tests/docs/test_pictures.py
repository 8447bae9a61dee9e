"""The pictures of README.md."""

import xml.etree.ElementTree

import make_pictures
import pytest
from PIL import Image
from site_parts.architecture import architecture_svg

from keras_transformer import layers


def test_the_architecture_is_up_to_date():
    picture = architecture_svg(make_pictures.SOURCE, make_pictures.TARGET, make_pictures.FOLLOWING)
    committed = (make_pictures.FOLDER / "architecture.svg").read_text(encoding="utf-8")
    assert committed == picture, "run: make pictures"


def test_the_architecture_names_the_layers_of_the_library():
    tree = xml.etree.ElementTree.fromstring(architecture_svg(["<s>", "a & b"], ["c"], "d"))
    texts = [element.text for element in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert {"<s> a & b", "c", "d"} <= {*texts}
    named = [
        text.split(" ")[0] for text in texts if text.startswith(("MultiHead", "FeedForward", "Positional", "Transf"))
    ]
    assert len(named) == 9
    assert all(hasattr(layers, name) for name in named)


@pytest.mark.parametrize("name", ["architecture.svg", "attention.png", "training.png", "explain.png"])
def test_pictures_are_small(name):
    assert (make_pictures.FOLDER / name).stat().st_size < 80_000


def test_a_picture_is_written_with_few_colours(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make_pictures, "FOLDER", tmp_path / "pictures")
    gradients = Image.linear_gradient("L"), Image.radial_gradient("L"), Image.new("L", (256, 256), 9)
    make_pictures.save(Image.merge("RGB", gradients), "gradient.png")
    with Image.open(tmp_path / "pictures" / "gradient.png") as picture:
        assert picture.mode == "P"
        assert len(picture.getcolors()) > 200
    assert "gradient.png: " in capsys.readouterr().out


def test_without_chromium_a_message_says_what_is_missing(capsys):
    make_pictures.save_explain_page("models/phrases", None)
    assert capsys.readouterr().err.startswith("explain.png: not made, Chromium is missing (looked for chromium, ")
