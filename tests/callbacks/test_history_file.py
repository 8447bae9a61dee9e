import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.callbacks.history_file import HistoryFile
from keras_transformer.callbacks.history_rows import drop_epochs, last_scores, read_history
from keras_transformer.errors import InputError

HISTORY = "epoch,loss,val_loss\n0,3.5,4.5\n1,2.5,3.5\n2,1.5\n"


def test_the_last_row_has_the_scores(tmp_path):
    (tmp_path / "history.csv").write_text(HISTORY)
    assert last_scores(tmp_path / "history.csv") == {"epoch": 2, "loss": 1.5}


def test_without_a_history_there_are_no_scores(tmp_path):
    assert last_scores(tmp_path / "missing.csv") == {}
    (tmp_path / "history.csv").write_text("epoch,loss\n")
    assert last_scores(tmp_path / "history.csv") == {}


def test_epochs_that_will_be_trained_again_are_dropped(tmp_path):
    (tmp_path / "history.csv").write_text(HISTORY)
    drop_epochs(tmp_path / "history.csv", 2)
    assert (tmp_path / "history.csv").read_text() == "epoch,loss,val_loss\n0,3.5,4.5\n1,2.5,3.5\n"
    drop_epochs(tmp_path / "missing.csv", 2)
    assert not (tmp_path / "missing.csv").exists()


def test_rows_have_the_columns_that_any_of_them_has(tmp_path):
    path = tmp_path / "history.csv"
    history = HistoryFile(path)
    history.on_epoch_end(0, {"loss": 3.5})
    history.on_epoch_end(1, {"loss": 2.5, "val_bleu": 1.25})
    history.on_epoch_end(2, {"loss": 1.5})
    assert read_history(str(path)) == read_history(path)
    assert read_history(path) == {"epoch": [0, 1, 2], "loss": [3.5, 2.5, 1.5], "val_bleu": [None, 1.25, None]}


def test_an_epoch_that_is_trained_again_replaces_its_row(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(HISTORY)
    HistoryFile(path).on_epoch_end(1, {"loss": 9.0})
    assert path.read_text() == "epoch,loss,val_loss\n0,3.5,4.5\n1,9.0,\n"


def test_a_log_of_several_numbers_becomes_several_columns(tmp_path):
    HistoryFile(tmp_path / "history.csv").on_epoch_end(0, {"loss": 1.5, "f1_score": np.array([0.5, 0.25])})
    assert last_scores(tmp_path / "history.csv") == {"epoch": 0, "loss": 1.5, "f1_score_0": 0.5, "f1_score_1": 0.25}


@pytest.mark.parametrize("content", [b"name,price\nbread,2\n", b"epoch,loss\n0,abc\n", b"epoch,loss\n0,\xff\n"])
def test_a_file_that_is_no_history_is_left_alone(tmp_path, content):
    path = tmp_path / "history.csv"
    path.write_bytes(content)
    for read in (read_history, last_scores, lambda path: HistoryFile(path).on_train_begin()):
        with pytest.raises(InputError, match=r"history\.csv: not a training history"):
            read(path)
    assert path.read_bytes() == content


def test_logs_of_other_kinds_become_numbers_or_are_dropped_with_a_warning(tmp_path):
    history = HistoryFile(tmp_path / "history.csv")
    logs = {"loss": 1.5, "tensor": tf.constant(0.5), "is_best": True, "none": None, "phase": "warm"}
    for epoch in range(2):
        with pytest.warns(UserWarning, match="The log 'phase' is not a number. It is not written"):
            history.on_epoch_end(epoch, logs)
    assert last_scores(tmp_path / "history.csv") == {"epoch": 1, "loss": 1.5, "tensor": 0.5, "is_best": 1.0}


def test_a_folder_is_reported_before_the_first_epoch(tmp_path):
    with pytest.raises(InputError, match="expected the file of a training history, but it is a folder"):
        HistoryFile(tmp_path).on_train_begin()


@pytest.mark.parametrize("content", ["epoch\n" + "0\n" * 1_000_001, "epoch" + "," * 2000 + "\n" + "0\n" * 600])
def test_a_history_of_millions_of_cells_is_refused(tmp_path, content):
    (tmp_path / "history.csv").write_text(content)
    with pytest.raises(InputError, match=r"history.csv: expected a training history of at most 1,000,000 cells"):
        last_scores(tmp_path / "history.csv")
