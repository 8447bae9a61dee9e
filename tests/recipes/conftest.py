import pytest

from keras_transformer.recipes import load_recipe


@pytest.fixture
def recipe(tmp_path):
    """Loads a recipe with this text and these settings of the command line."""

    def recipe(text, *settings):
        path = tmp_path / "recipe.toml"
        path.write_text(text, encoding="utf-8")
        return load_recipe(path, settings)

    return recipe
