import pytest

from keras_transformer.errors import InputError
from keras_transformer.trainer.data_files import check_same_data_files, keep_data_files, rows_of_files
from keras_transformer.trainer.streamed_text import StreamedText, keep_streamed_text, read_streamed_text


@pytest.fixture(scope="module")
def files():
    """Files whose list has more than 16 MiB."""
    return [["train source", f"{number:04000}.en", number, f"{number:064}"] for number in range(4200)]


def test_the_list_of_any_number_of_files_is_read(files, tmp_path):
    path = tmp_path / "data.json"
    keep_data_files(files, path)
    assert path.stat().st_size > 16 << 20
    check_same_data_files(files, path)
    with pytest.raises(InputError, match="is not the text of the interrupted training"):
        check_same_data_files(files[:-1], path)


def test_the_record_of_any_number_of_files_is_read(files, tmp_path):
    path = tmp_path / "streamed_text.json"
    text = StreamedText(files, [1], [number << 60 for number in range(len(files))])
    keep_streamed_text(text, path)
    assert path.stat().st_size > 16 << 20
    assert read_streamed_text(path) == text


def test_a_model_card_has_a_total_of_many_files(files):
    rows = rows_of_files([*files[:30], ["train target", "a.de", 1234, "0"]])
    assert [row[1] for row in rows[:20]] == [file[1] for file in files[:20]]
    assert rows[20:] == [("train source", "all 30 files", "435", ""), ("train target", "a.de", "1,234", "`0`")]
    assert len(rows_of_files(files[:20])) == 20
