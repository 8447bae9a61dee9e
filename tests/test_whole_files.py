import pytest

from keras_transformer.whole_files import write_whole


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_of_the_new(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def write(unfinished):
        unfinished.write_text("half")
        # As a full disk answers.
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match=r"file: No space left on device$"):
        write_whole(path, write)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("file", "old")]
