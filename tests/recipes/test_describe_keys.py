import pathlib

from keras_transformer.recipes import Recipe, describe_keys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "recipes.md"


def test_the_page_of_keys_is_up_to_date():
    expected = describe_keys()
    assert PAGE.read_text(encoding="utf-8") == expected, "run: keras-transformer train --keys > docs/recipes.md"


def test_every_key_has_a_meaning():
    for section in Recipe.model_fields.values():
        for name, key in section.annotation.model_fields.items():
            assert key.description, name
            assert f"| `{name}` |" in describe_keys()
