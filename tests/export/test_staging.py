import errno
import os
import pathlib
import subprocess
import sys

import pytest

from keras_transformer.errors import InputError
from keras_transformer.export.staging import check_new_folder, staged_folder

STAY = """
import pathlib, sys, time
from keras_transformer.export.staging import staged_folder

with staged_folder(pathlib.Path(sys.argv[1]), pathlib.Path("artifact")) as folder:
    (folder / "half").touch()
    print("writing", flush=True)
    time.sleep(600)
"""


def test_the_next_export_removes_leftovers_of_killed_but_not_of_running_exports(tmp_path):
    with subprocess.Popen([sys.executable, "-c", STAY, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "writing\n"
            (written,) = tmp_path.iterdir()
            with staged_folder(tmp_path, pathlib.Path("artifact")):
                pass
            assert (written / "half").exists()
        finally:
            process.kill()
    with staged_folder(tmp_path, pathlib.Path("artifact")) as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("failure", [KeyboardInterrupt, MemoryError, ValueError])
def test_nothing_stays_of_an_export_that_fails(tmp_path, failure):
    parent = tmp_path / "saved_models" / "name"

    def fail(folder):
        (folder / "part").mkdir()
        raise failure

    with pytest.raises(failure), staged_folder(parent, parent / "1") as folder:
        fail(folder)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_names_the_artifact(tmp_path):
    with pytest.raises(OSError, match="No space left on device") as caught, staged_folder(tmp_path, tmp_path / "1"):
        raise RuntimeError("variables/part-0; No space left on device")
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(tmp_path / "1"))


def test_a_link_to_nothing_is_not_followed(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="link exists already and is not overwritten"):
        check_new_folder(tmp_path / "link")
    os.mkdir(tmp_path / "elsewhere")
    check_new_folder(tmp_path / "link")
