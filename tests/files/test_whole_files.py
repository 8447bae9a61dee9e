import os
import signal
import stat
import subprocess
import sys

import pytest
from kills import is_killed

from keras_transformer.files.whole_files import (
    naming,
    remove_leftovers,
    remove_unheld,
    unfinished_folder,
    write_json,
    write_text,
    write_together,
    write_whole,
)

OLD, NEW = ({name: f"{age} {name}" for name in ("first", "second", "last")} for age in ("old", "new"))


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, MemoryError, SystemExit], ids=str)
def test_a_failed_write_leaves_the_old_file_and_nothing_of_the_new(tmp_path, failure):
    path = tmp_path / "file"
    path.write_text("old")

    def write(unfinished):
        unfinished.write_text("half")
        raise failure

    with pytest.raises(failure):
        write_whole(path, write)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("file", "old")]


def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path, largest_file):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(OSError, match="File too large") as caught, largest_file(100):
        write_text(path, "new" * 100)
    assert caught.value.filename == str(path)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("file", "old")]


def test_a_name_that_is_too_long_is_named_as_it_was_given(tmp_path):
    path = tmp_path / ("a" * 300)
    with pytest.raises(OSError, match="File name too long") as caught:
        write_text(path, "text")
    assert caught.value.filename == str(path)
    write_text(tmp_path / ("가" * 85), "the longest name that there is")
    assert len(list(tmp_path.iterdir())) == 1


def test_errors_in_the_words_of_libraries_name_the_file_if_the_disk_is_full():
    with pytest.raises(OSError, match=r"\[Errno 28\] No space left on device: 'model'"), naming("model"):
        raise RuntimeError("RESOURCE_EXHAUSTED: /tmp/part-0; No space left on device")
    with pytest.raises(RuntimeError, match="^RESOURCE_EXHAUSTED: OOM$"), naming("model"):
        raise RuntimeError("RESOURCE_EXHAUSTED: OOM")


def test_links_are_replaced_and_not_followed(tmp_path):
    foreign = tmp_path / "foreign"
    foreign.write_text("foreign")
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("file", "unfinished_file", "unfinished_0123456789abcdef_file"):
        (folder / name).symlink_to(foreign)
    write_text(folder / "file", "new")
    remove_leftovers(folder)
    assert foreign.read_text() == "foreign"
    assert (folder / "file").read_text() == "new"
    assert not (folder / "file").is_symlink()
    assert {path.name for path in folder.iterdir()} == {"file", "unfinished_file", "unfinished_0123456789abcdef_file"}


def test_unfinished_names_cannot_be_known_before(tmp_path):
    names = []
    for _ in range(2):
        write_whole(tmp_path / "file", lambda file: names.append(file.name))
        with unfinished_folder(tmp_path, "file") as folder:
            names.append(folder.name)
    assert len(set(names)) == 4
    assert all(name.startswith("unfinished_") and name.endswith("_file") for name in names)


@pytest.mark.parametrize(("umask", "modes"), [(0o022, (0o644, 0o755)), (0o007, (0o660, 0o770))])
def test_files_and_folders_have_the_usual_rights(tmp_path, umask, modes):
    before = os.umask(umask)
    try:
        write_text(tmp_path / "file", "text")
        with unfinished_folder(tmp_path, "folder") as folder:
            folder.rename(tmp_path / "folder")
    finally:
        os.umask(before)
    assert tuple(stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("file", "folder")) == modes


KEEP_WRITING = """
import sys, time
from keras_transformer.files.whole_files import unfinished_folder, write_whole

def write(file):
    file.write_text("half")
    with unfinished_folder(sys.argv[1], "folder") as folder:
        (folder / "part").touch()
        print("writing", flush=True)
        time.sleep(600)

write_whole(sys.argv[1] + "/file", write)
"""


def test_leftovers_of_killed_but_not_of_running_processes_are_removed(tmp_path):
    command = [sys.executable, "-c", KEEP_WRITING, str(tmp_path)]
    names = ["unfinished_README.md", "unfinished_novel.txt"]  # Files of a user.
    for name in names:
        (tmp_path / name).touch()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "writing\n"
            written = sorted(tmp_path.iterdir())
            assert len(written) == 4
            remove_leftovers(tmp_path)
            remove_unheld([path for path in written if path.name not in names])
            assert sorted(tmp_path.iterdir()) == written
        finally:
            process.send_signal(signal.SIGKILL)
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_leftovers_of_a_missing_folder_are_none(tmp_path):
    remove_leftovers(tmp_path / "missing")


def test_json_is_strict(tmp_path):
    write_json(tmp_path / "scores.json", {"loss": [float("nan"), 1.5], "best": float("inf")})
    assert (tmp_path / "scores.json").read_text() == '{"loss": [null, 1.5], "best": null}\n'


def write_all(folder, texts, removed=()):
    def writer(text):
        return lambda file: file.write_text(text)

    write_together(folder, {name: writer(text) for name, text in texts.items()}, "last", removed)


def texts_of(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_files_that_belong_together_are_written_and_others_removed(tmp_path):
    write_all(tmp_path / "folder", {**OLD, "third": "old third"})
    write_all(tmp_path / "folder", NEW, removed=["third", "missing"])
    assert texts_of(tmp_path / "folder") == NEW


def test_a_kill_leaves_all_of_the_old_files_or_all_of_the_new_ones_or_not_the_last(tmp_path):
    found = []
    while True:
        folder = tmp_path / str(len(found))
        write_all(folder, {**OLD, "third": "old third"})
        was_killed = is_killed(lambda folder=folder: write_all(folder, NEW, removed=["third"]), len(found))
        remove_leftovers(folder)
        found.append(texts_of(folder))
        if not was_killed:
            break
    assert found[0] == {**OLD, "third": "old third"}
    assert found[-1] == NEW
    partial = [texts for texts in found if texts not in (found[0], NEW)]
    assert partial
    assert not [texts for texts in partial if "last" in texts]


@pytest.mark.parametrize("name", OLD)
def test_where_one_of_several_files_cannot_be_written_the_old_ones_stay(tmp_path, largest_file, name):
    write_all(tmp_path, OLD)
    with pytest.raises(OSError, match="File too large") as caught, largest_file(100):
        write_all(tmp_path, {**NEW, name: "new" * 100}, removed=["second"])
    assert caught.value.filename == str(tmp_path / name)
    assert texts_of(tmp_path) == OLD
