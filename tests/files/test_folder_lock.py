import pytest

from keras_transformer.errors import InputError
from keras_transformer.files.folder_lock import held_folder, lock_of_training


def test_a_folder_is_held_once(tmp_path):
    path = tmp_path / "model"
    with held_folder(path):
        (path / "file").touch()
        for hold in (held_folder, lock_of_training):
            with (
                pytest.raises(InputError, match="model: another training writes to this folder. Wait for its end"),
                hold(path),
            ):
                pass
    with held_folder(path), pytest.raises(InputError, match="another training"), lock_of_training(path):
        pass
    with lock_of_training(path):
        pass


def test_nothing_stays_of_a_folder_in_which_nothing_was_written(tmp_path):
    with pytest.raises(KeyboardInterrupt), held_folder(tmp_path / "models" / "model"):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_existing_and_written_files_are_kept(tmp_path):
    (tmp_path / "model").mkdir()
    with held_folder(tmp_path / "model"):
        pass
    assert not list((tmp_path / "model").iterdir())
    with held_folder(tmp_path / "other"):
        (tmp_path / "other" / "checkpoints" / "data.json").touch()
    assert (tmp_path / "other" / "checkpoints" / "lock").is_file()


def test_a_link_at_the_place_of_the_lock_is_not_followed(tmp_path):
    (tmp_path / "victim").write_text("precious")
    (tmp_path / "model" / "checkpoints").mkdir(parents=True)
    (tmp_path / "model" / "checkpoints" / "lock").symlink_to(tmp_path / "victim")
    for hold in (held_folder, lock_of_training):
        with pytest.raises(OSError, match="lock"), hold(tmp_path / "model"):
            pass
    assert (tmp_path / "victim").read_text() == "precious"


def test_a_folder_without_a_training_needs_no_lock(tmp_path):
    with lock_of_training(tmp_path / "model"):
        assert not list(tmp_path.iterdir())


def test_a_file_of_the_user_stays_and_a_leftover_goes(tmp_path):
    for name in ("unfinished_story.txt", "unfinished_0123456789abcdef_state.npz", "unfinished_0123456789abcdef_a.csv"):
        (tmp_path / name).touch()
    with held_folder(tmp_path):
        (tmp_path / "recipe.toml").touch()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["recipe.toml", "unfinished_story.txt"]
