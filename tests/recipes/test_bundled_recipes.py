import pytest

from keras_transformer.errors import InputError
from keras_transformer.recipes import bundled_recipes, load_recipe
from keras_transformer.recipes.recipe_files import FILE_KEYS


def test_every_bundled_recipe_has_a_description_of_one_sentence():
    recipes = bundled_recipes()
    assert "phrases" in recipes
    for name, description in recipes.items():
        assert description.endswith("."), name
        assert not description.startswith("#"), name


@pytest.mark.parametrize("name", bundled_recipes())
def test_a_bundled_recipe_reads_the_data_folder_of_the_current_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = load_recipe(name)
    assert recipe.model.preset == "tiny"
    files = [getattr(recipe.data, key) for key in FILE_KEYS["data"] if getattr(recipe.data, key)]
    assert bool(files) == (recipe.data.corpus is None) == bool(recipe.data.homepage)
    assert all(file.startswith(f"{tmp_path}/data/") for file in files)
    elsewhere = load_recipe(name, data_folder="/corpora")
    assert [file.replace(f"{tmp_path}/data/", "/corpora/") for file in files] == [
        getattr(elsewhere.data, key) for key in FILE_KEYS["data"] if getattr(elsewhere.data, key)
    ]


def test_a_file_takes_precedence_over_a_bundled_recipe_and_a_folder_does_not(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bundled = load_recipe("phrases")
    (tmp_path / "phrases").mkdir()
    assert load_recipe("phrases") == bundled
    (tmp_path / "phrases").rmdir()
    (tmp_path / "phrases").write_text('[data]\ncorpus = "phrases"\n')
    assert load_recipe("phrases") != bundled


@pytest.mark.parametrize("name", ["phrase", "training/recipes/phrases.toml", "recipes/bundled/phrases", "x" * 300])
def test_an_unknown_recipe_is_one_line_that_lists_the_bundled_ones(name):
    with pytest.raises(InputError) as raised:
        load_recipe(name)
    message = str(raised.value)
    assert message.startswith(f"{name}: ")
    assert message.endswith(f"Expected a TOML file, or a bundled recipe: {', '.join(bundled_recipes())}.")
    assert "\n" not in message
