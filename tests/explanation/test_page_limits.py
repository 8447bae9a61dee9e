"""The size of a page and the time to write it."""

import time

import keras
import pytest
from explained_pages import LINES, page_entries, text_of_length

import keras_transformer as kt


@pytest.mark.parametrize(
    ("preset", "length", "megabytes", "seconds"),
    [("tiny", 12, 3, 15), pytest.param("base", 60, 10, None, marks=pytest.mark.slow)],
)
def test_a_page_is_small_and_written_in_time(tmp_path, preset, length, megabytes, seconds):
    tokenizer = kt.text.learn_vocabulary(LINES, vocabulary_size=296)
    text = text_of_length(tokenizer, length)
    keras.utils.set_random_seed(3)
    config = kt.TransformerConfig.from_preset(preset, vocabulary_size=tokenizer.vocabulary_size)
    translator = kt.Translator(kt.build_transformer(config), tokenizer)
    # The time does not depend on other programs of the machine.
    start = time.process_time()
    path = kt.explain(translator, text, tmp_path / "a.html", settings=kt.SearchSettings(max_length=length))
    assert seconds is None or time.process_time() - start < seconds
    assert path.stat().st_size < megabytes * 1e6
    data, _ = page_entries(path)
    assert [len(data[side]["ids"]) for side in ("source", "target")] == [length, length]
