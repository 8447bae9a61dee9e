import io

import numpy as np
import pytest

from keras_transformer.errors import InputError
from keras_transformer.generation import Shortlist
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.saving.model_folder import save_model_folder
from keras_transformer.saving.shortlist_file import SHORTLIST_NAME, load_shortlist, save_shortlist
from keras_transformer.text import learn_vocabulary
from keras_transformer.translator import Translator

LINES = ["a small text", "another one", "and a third of them"] * 3
CONFIG = TransformerConfig(
    vocabulary_size=280, num_encoder_layers=1, num_decoder_layers=1, hidden_dim=8, intermediate_dim=8, num_heads=2
)
RANDOM = np.random.default_rng(0)
SHORTLIST = Shortlist(RANDOM.integers(0, 280, (280, 3)).astype("int32"), np.int32([0, 5, 9, 279]), 280)


def assert_same(found, expected):
    np.testing.assert_array_equal(found.candidates, expected.candidates)
    np.testing.assert_array_equal(found.frequent, expected.frequent)
    assert found.vocabulary_size == expected.vocabulary_size


def test_a_saved_shortlist_is_loaded(tmp_path):
    assert load_shortlist(tmp_path, CONFIG) is None
    save_shortlist(tmp_path, SHORTLIST)
    assert [path.name for path in tmp_path.iterdir()] == [SHORTLIST_NAME]
    assert_same(load_shortlist(tmp_path, CONFIG), SHORTLIST)


def npy(array):
    content = io.BytesIO()
    np.save(content, array, allow_pickle=True)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "shortlist"),
        (b"no array", "magic string"),
        (npy(np.zeros((280, 3), "int32"))[:-4], "Received: int32 of shape"),
        (npy(np.zeros((280, 3), "int64")), "Received: int64 of shape"),
        (npy(np.zeros((279, 3), "int32")), "rows of the 280 source tokens"),
        (npy(np.zeros((280, 0), "int32")), "rows of the 280 source tokens"),
        (npy(np.full((280, 3), 280, "int32")), "must have ids from 0 to 279. Received: 280 to 280"),
        (npy(np.array([{"a": 1}])), "shortlist"),
        # A header that claims a terabyte.
        (npy(np.zeros((1, 3), "int32")).replace(b"(1, 3)", b"(99999999999, 3)"), "shortlist"),
    ],
    ids=range(9),
)
def test_a_damaged_file_is_one_error(tmp_path, content, message):
    (tmp_path / SHORTLIST_NAME).write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        load_shortlist(tmp_path, CONFIG)
    assert str(tmp_path / SHORTLIST_NAME) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_translator_keeps_its_shortlist_and_another_vocabulary_removes_it(tmp_path):
    texts = LINES, [line[::-1] for line in LINES]
    first, second = (learn_vocabulary(lines, vocabulary_size=280, normalization="identity") for lines in texts)
    model = build_transformer(CONFIG)
    Translator(model, first, shortlist=SHORTLIST).save(tmp_path)
    assert_same(Translator.load(tmp_path).shortlist, SHORTLIST)
    # The same vocabulary keeps it.
    save_model_folder(tmp_path, model, CONFIG, first, first)
    assert (tmp_path / SHORTLIST_NAME).exists()
    save_model_folder(tmp_path, model, CONFIG, second, second)
    assert not (tmp_path / SHORTLIST_NAME).exists()
