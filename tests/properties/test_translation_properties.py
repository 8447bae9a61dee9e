"""Translations are sorted by score. Order, batch and padding do not change them."""

import random

import pytest
from fuzz.properties.search import check_greedy, check_same, check_sorted, graph_of, table_of
from hypothesis import given, settings
from hypothesis import strategies as st
from random_texts import TEXTS

from keras_transformer.cli.main import main
from keras_transformer.text.blank import is_blank

pytestmark = pytest.mark.filterwarnings("ignore:.*are cut there:UserWarning")
SEARCH = {"beam_size": 3, "n_best": 2, "return_scores": True}


@pytest.fixture(scope="module")
def logits_of(translator):
    return graph_of(translator.model)


@pytest.fixture(scope="module")
def model_folder(translator, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    translator.save(folder)
    return folder


@pytest.mark.slow
@settings(max_examples=15)
@given(texts=st.lists(TEXTS, max_size=8))
def test_the_command_writes_one_line_for_each_line(texts, translator, model_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("keras_transformer.translator.translator_of_files", lambda files: translator)
    lines = [text.replace("\n", " ") for text in texts]
    source, output = tmp_path / "source.txt", tmp_path / "output.txt"
    source.write_bytes("".join(line + "\n" for line in lines).encode())
    arguments = ["translate", model_folder, "--input", source, "--output", output, "--beam-size", 1]
    assert main(list(map(str, arguments))) == 0
    written = output.read_bytes().decode("utf-8")
    assert written.count("\n") == len(lines)
    assert "\r" not in written
    for line, translation in zip(lines, written.split("\n")):
        assert not (is_blank(line) and translation)


@settings(max_examples=8)
@given(texts=st.lists(TEXTS, min_size=1, max_size=6), seed=st.integers(0, 2**32), batch_size=st.integers(1, 7))
def test_order_batch_and_padding_change_nothing(texts, seed, batch_size, translator):
    best = table_of(translator.translate(texts, **SEARCH))
    check_sorted(texts, best, str(SEARCH))
    order = random.Random(seed).sample(range(len(texts)), len(texts))
    again = translator.translate([texts[index] for index in order], batch_size=batch_size, **SEARCH)
    check_same(texts, order, best, table_of(again), f"batch_size={batch_size}")


@settings(max_examples=8)
@given(texts=st.lists(TEXTS, min_size=1, max_size=2))
def test_beam_size_1_is_greedy_search(texts, translator, logits_of):
    check_greedy(translator, logits_of, texts)
