from keras_transformer.recipes.history import drop_epochs, last_scores

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
