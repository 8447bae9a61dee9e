import tomllib

import pytest
from recipe_texts import PHRASES, TWO_CORPORA

from keras_transformer.errors import InputError
from keras_transformer.recipes import Recipe, load_recipe, recipe_from_dict, save_recipe


def test_missing_keys_have_their_defaults(recipe):
    loaded = recipe(PHRASES)
    assert loaded == Recipe(data={"corpus": "phrases"})
    assert (loaded.training.epochs, loaded.training.steps) == (20, None)


@pytest.mark.parametrize(
    ("total_steps", "warmup_steps"), [(1, 1), (9, 1), (180, 18), (40_000, 4000), (1_000_000, 4000)]
)
def test_the_warmup_is_a_tenth_of_all_steps_where_it_is_not_given(recipe, total_steps, warmup_steps):
    training = recipe(PHRASES).with_schedule(total_steps).training
    assert training.warmup_steps == warmup_steps
    # The paper's highest rate, with its warm-up of 4,000 steps and a width of 128.
    assert training.learning_rate == pytest.approx(128**-0.5 * 4000**-0.5)
    given = recipe(PHRASES, "training.learning_rate=0.01").with_schedule(total_steps).training
    assert (given.warmup_steps, given.learning_rate) == (warmup_steps, 0.01)


def test_a_warmup_that_is_given_is_kept(recipe):
    loaded = recipe(PHRASES, "training.warmup_steps=7")
    assert loaded.with_schedule(10_000) == loaded


def test_steps_take_the_place_of_epochs(recipe):
    assert recipe(PHRASES + "[training]\nsteps = 7\n").training.epochs is None


@pytest.mark.parametrize(
    ("section", "name", "other_name"),
    [("evaluation", "patience", "stop_after"), ("training", "optimizer_steps_per_epoch", "steps_per_epoch")],
)
def test_another_name_of_a_key_means_the_same(recipe, tmp_path, section, name, other_name):
    text = PHRASES + "[evaluation]\nmonitor = 'val_loss'\n"
    with pytest.warns(DeprecationWarning, match=f"The key {other_name} is now named {name}"):
        loaded = recipe(text, f"{section}.{other_name}=3")
    assert getattr(getattr(loaded, section), name) == 3
    assert loaded == recipe(text, f"{section}.{name}=3")
    save_recipe(loaded, tmp_path / "saved.toml")
    sections = tomllib.loads((tmp_path / "saved.toml").read_text())
    assert (sections[section][name], other_name in sections[section]) == (3, False)
    with pytest.raises(InputError, match=rf"\[{section}\]: give either {name} or {other_name}, which mean the same"):
        recipe(text, f"{section}.{name}=3", f"{section}.{other_name}=3")


def test_a_former_name_is_reported_where_the_recipe_is_loaded():
    with pytest.warns(DeprecationWarning, match="The key stop_after is now named patience") as warned:
        recipe_from_dict({"data": {"corpus": "phrases"}, "evaluation": {"monitor": "val_loss", "stop_after": 2}})
    assert warned[0].filename == __file__


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (["a", 5], "item 2: input should be a valid string. Received: 5."),
        (5, "input should be a valid string. Received: 5."),
    ],
)
def test_a_wrong_item_of_a_list_is_named(value, message):
    with pytest.raises(InputError, match=rf"\[data\] train_source: {message}$"):
        recipe_from_dict({"data": {"train_source": value, "train_target": ["b", "c"]}})


def test_setting_one_name_of_a_key_replaces_the_other(recipe):
    text = PHRASES + "[evaluation]\nmonitor = 'val_loss'\nstop_after = 5\n"
    assert recipe(text, "evaluation.patience=2").evaluation.patience == 2
    text = PHRASES + "[training]\noptimizer_steps_per_epoch = 5\n"
    with pytest.warns(DeprecationWarning, match="The key steps_per_epoch is now named optimizer_steps_per_epoch"):
        assert recipe(text, "training.steps_per_epoch=2").training.optimizer_steps_per_epoch == 2


def test_file_names_are_relative_to_the_recipe(recipe, tmp_path):
    loaded = recipe('[data]\ntrain_pairs = "a.tsv"\nvalidation_pairs = "../b.tsv"\n[vocabulary]\nfile = "/c.model"\n')
    assert loaded.data.train_pairs == str(tmp_path / "a.tsv")
    assert loaded.data.validation_pairs == str(tmp_path.parent / "b.tsv")
    assert loaded.vocabulary.file == "/c.model"


@pytest.mark.parametrize("text", [PHRASES, PHRASES + "[training]\nsteps = 7\n[model]\nactivation = 'gelu'\n"])
def test_a_saved_recipe_is_the_same_recipe_with_every_default(recipe, tmp_path, text):
    loaded = recipe(text)
    save_recipe(loaded, tmp_path / "saved.toml")
    assert load_recipe(tmp_path / "saved.toml") == loaded.filled()
    assert loaded.filled().model_config_of(8) == loaded.model_config_of(8)
    sections = tomllib.loads((tmp_path / "saved.toml").read_text())
    assert sections["training"]["batch_tokens"] == 4096
    assert sections["model"]["hidden_dim"] == 128


def test_file_names_are_relative_to_the_data_folder_that_is_given(tmp_path, monkeypatch):
    (tmp_path / "recipe.toml").write_text('[data]\ntrain_pairs = "a.tsv"\nheld_out = 0.1\n')
    monkeypatch.chdir(tmp_path)
    loaded = load_recipe("recipe.toml", ["vocabulary.file=own.model"], data_folder="corpora")
    assert loaded.data.train_pairs == str(tmp_path / "corpora" / "a.tsv")
    assert loaded.vocabulary.file == str(tmp_path / "own.model")


def test_a_byte_order_mark_does_not_matter(recipe):
    assert recipe("\ufeff" + PHRASES).data.corpus == "phrases"


@pytest.mark.parametrize(
    ("setting", "section", "key", "value"),
    [
        ("training.epochs=5", "training", "epochs", 5),
        (" training.learning_rate = 1e-3 ", "training", "learning_rate", 0.001),
        ("model.normalize_first=true", "model", "normalize_first", True),
        ("model.activation=gelu", "model", "activation", "gelu"),
        ('model.activation="gelu"', "model", "activation", "gelu"),
        ("data.max_length=12", "data", "max_length", 12),
    ],
)
def test_a_key_can_be_set_on_the_command_line(recipe, setting, section, key, value):
    assert getattr(getattr(recipe(PHRASES, setting), section), key) == value


def test_the_last_setting_of_a_key_counts(recipe):
    assert recipe(PHRASES, "training.seed=1", "training.seed=2").training.seed == 2


def test_setting_steps_replaces_epochs_and_the_other_way_round(recipe):
    assert recipe(PHRASES + "[training]\nepochs = 3\n", "training.steps=5").training.epochs is None
    assert recipe(PHRASES + "[training]\nsteps = 3\n", "training.epochs=5").training.steps is None


def test_a_file_set_on_the_command_line_is_relative_to_where_it_is_given(recipe, tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert recipe(PHRASES, "vocabulary.file=own.model").vocabulary.file == str(tmp_path / "elsewhere" / "own.model")


def test_the_files_of_a_list_are_relative_to_the_recipe(recipe, tmp_path):
    data = recipe(TWO_CORPORA).data
    assert data.train_source == [str(tmp_path / "a.en"), "/b.en"]
    assert data.weight_of_corpora == [1, 1]
    saved = tmp_path / "saved.toml"
    save_recipe(recipe(TWO_CORPORA + "weights = [2, 3]\n"), saved)
    assert load_recipe(saved).data.weights == [2, 3]


def test_the_initial_model_is_relative_to_the_recipe_and_not_to_the_text(recipe, tmp_path, monkeypatch):
    (tmp_path / "text").mkdir()
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "recipe.toml"
    path.write_text(f'{TWO_CORPORA}[training]\ninit_from = "models/general"\n')
    found = load_recipe(path, data_folder=tmp_path / "text")
    assert found.training.init_from == str(tmp_path / "models" / "general")
    assert found.data.train_source[0] == str(tmp_path / "text" / "a.en")
    monkeypatch.chdir(tmp_path / "elsewhere")
    given = load_recipe("phrases", ["training.init_from=general"])
    assert given.training.init_from == str(tmp_path / "elsewhere" / "general")


def test_the_largest_seed_is_accepted(recipe):
    assert recipe(PHRASES, f"training.seed={2**32 - 1}").training.seed == 2**32 - 1


def test_a_link_keeps_its_name(recipe, tmp_path):
    (tmp_path / "9f86d081").write_text("a\tb\n")
    (tmp_path / "train.tsv").symlink_to(tmp_path / "9f86d081")
    loaded = recipe('[data]\ntrain_pairs = "train.tsv"\nheld_out = 0.1\n')
    assert loaded.data.train_pairs == str(tmp_path / "train.tsv")


def test_a_vocabulary_that_is_learned_is_normalised_by_default():
    recipe = recipe_from_dict({"data": {"corpus": "phrases"}})
    assert recipe.filled().vocabulary.normalization == "nmt_nfkc"
    from_file = recipe_from_dict({"data": {"corpus": "phrases"}, "vocabulary": {"file": "x.model"}})
    assert from_file.filled().vocabulary.normalization is None
