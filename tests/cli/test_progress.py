import sys
import time

import pytest

from keras_transformer.cli import progress as module
from keras_transformer.cli.progress import progress


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(module, "_SECONDS", 0.02)


def printed(capsys, length, *amounts):
    """Returns the output during these amounts of work, with a pause after each."""
    with progress(length, "Translating") as bar:
        for amount in amounts:
            bar.update(amount)
            time.sleep(0.1)
    time.sleep(0.03)
    return capsys.readouterr().err.splitlines()


@pytest.mark.usefixtures("quick")
def test_lines_are_printed_where_no_bar_can_be(capsys):
    lines = printed(capsys, 8, 2, 6)
    assert lines[0] == "Translating: 25% after 0 s"
    assert lines[-1] == "Translating: 100% after 0 s"


@pytest.mark.usefixtures("quick")
def test_lines_are_counted_where_the_length_is_not_known(capsys):
    assert printed(capsys, None, 1000, 500, 0) == [
        "Translating: 1,000 lines after 0 s",
        "Translating: 1,500 lines after 0 s",
    ]


def test_short_work_prints_nothing(capsys):
    assert printed(capsys, 8, 8) == []


def test_a_terminal_has_a_bar_and_no_lines(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    lines = printed(capsys, 8, 2.5, 5.5)
    assert "100%" in lines[-1]
    assert not any("after" in line for line in lines)
