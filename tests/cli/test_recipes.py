import re

from keras_transformer.recipes import bundled_recipes


def test_the_bundled_recipes_are_listed_with_one_line_each(run):
    result = run("recipes")
    assert (result.status, result.errors) == (0, "")
    assert [tuple(re.split("  +", line, maxsplit=1)) for line in result.lines] == list(bundled_recipes().items())


def test_a_missing_text_of_a_bundled_recipe_names_its_homepage_and_the_option(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    advice = ("https://github.com/multi30k/dataset", "training/README.md", "--data")
    run("train", "multi30k_short").assert_one_error(f"{tmp_path}/data/multi30k/tok/train.en: No such file", *advice)
    text = tmp_path / "corpora" / "multi30k" / "tok"
    text.mkdir(parents=True)
    for name in ("train.en", "train.de", "val.en"):
        (text / name).write_text("one\n")
    result = run("train", "multi30k_short", "--data", "corpora")
    result.assert_one_error(f"{text}/val.de: No such file", *advice)
    assert not (tmp_path / "models").exists()


def test_a_pattern_of_a_recipe_with_a_homepage_that_matches_nothing_names_it(run, tmp_path):
    keys = {"train_source": "*.en", "train_target": "*.de", "validation_source": "v.en", "validation_target": "v.de"}
    lines = [f'{key} = "{value}"' for key, value in {**keys, "homepage": "https://corpus.test"}.items()]
    (tmp_path / "recipe.toml").write_text("\n".join(["[data]", *lines]))
    run("train", tmp_path / "recipe.toml").assert_one_error(
        "*.en: no file matches the pattern. The text is from https://corpus"
    )


def test_the_default_folder_of_a_bundled_recipe_has_its_name(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # .ci/wheel-check trains it.
    run("train", "phrases", "--resume").assert_one_error("models/phrases: there is no interrupted training to resume")
