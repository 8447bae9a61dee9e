"""The vocabulary shortlist: which tokens it has, and the search with it against the search without it."""

import numpy as np
import pytest
from slow_search import sentences, small_model

from keras_transformer.errors import InputError
from keras_transformer.generation import Generator, SearchSettings, Shortlist
from keras_transformer.generation.top_tokens import BLOCK_SIZE
from keras_transformer.models import Ensemble
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS

LENGTHS = (3, 1, 5, 0, 2)
PREFIXES = np.array([[7, 7], [0, 0], [9, 0], [0, 0], [5, 6]], "int32")
EVERYTHING = Shortlist(np.zeros((14, 1), "int32"), np.arange(14, dtype="int32"), 14)
# Every source token allows two tokens, and every sentence allows 5.
FEW = Shortlist(np.array([[0, 0]] * 4 + [[token, 17 - token] for token in range(4, 14)], "int32"), np.int32([5]), 14)


@pytest.fixture(scope="module")
def few(model):
    return Generator(model, FEW)


def settings(is_on=True, beam_size=3, **fields):
    return SearchSettings(beam_size=beam_size, n_best=min(2, beam_size), shortlist=is_on, **fields)


def assert_equal(found, expected):
    np.testing.assert_array_equal(found.token_ids, expected.token_ids)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)


def allowed_in(row, prefix=()):
    """The tokens that the translation of a source of `FEW` can have."""
    return {END_ID, 5, *(int(token) for token in FEW.candidates[row].ravel()), *prefix} - {0}


@pytest.mark.parametrize(
    ("fields", "prefix_ids"),
    [
        ({}, None),
        pytest.param({"beam_size": 1}, None, marks=pytest.mark.slow),
        pytest.param({"no_repeat_ngram": 2, "min_length": 4}, PREFIXES, marks=pytest.mark.slow),
    ],
)
def test_a_shortlist_of_all_tokens_changes_nothing(model, fields, prefix_ids):
    generator = Generator(model, EVERYTHING)
    found, expected = (
        generator.generate(sentences(LENGTHS), settings=settings(is_on, **fields), prefix_ids=prefix_ids)
        for is_on in (True, False)
    )
    assert_equal(found, expected)


@pytest.mark.slow
@pytest.mark.parametrize(
    "fields", [{"share_output": False}, {"share_output": False, "output_bias": True}, {"output_bias": True}]
)
def test_every_kind_of_output_layer_has_a_shortlist(fields):
    generator = Generator(small_model(**fields), EVERYTHING)
    found, expected = (generator.generate(sentences(LENGTHS), settings=settings(is_on)) for is_on in (True, False))
    assert_equal(found, expected)


@pytest.mark.slow
def test_an_ensemble_has_a_shortlist(model):
    generator = Generator(Ensemble([model, small_model(seed=3)]), EVERYTHING)
    found, expected = (generator.generate(sentences(LENGTHS), settings=settings(is_on)) for is_on in (True, False))
    assert_equal(found, expected)


def test_a_translation_has_only_tokens_of_its_shortlist(few):
    source_ids = sentences(LENGTHS)
    found = few.generate(source_ids, settings=settings(), prefix_ids=PREFIXES)
    for source, prefix, rows in zip(source_ids, PREFIXES, found.token_ids.numpy(), strict=True):
        assert {*rows.ravel()} - {0} <= allowed_in(source, prefix)
    free = few.generate(source_ids, settings=settings(is_on=False))
    others = (
        {*rows.ravel()} - {0} - allowed_in(source)
        for source, rows in zip(source_ids, free.token_ids.numpy(), strict=True)
    )
    assert any(others)


def test_a_translation_does_not_depend_on_the_batch(few):
    source_ids = sentences(LENGTHS)
    together = few.generate(source_ids, settings=settings())
    for number, source in enumerate(source_ids):
        alone = few.generate(source[np.newaxis], settings=settings())
        length = alone.token_ids.shape[2]
        np.testing.assert_array_equal(together.token_ids[number, :, :length], alone.token_ids[0])
        np.testing.assert_allclose(together.scores[number], alone.scores[0], atol=1e-5)


def test_special_tokens_are_at_their_ids():
    tokens = FEW.tokens_of(np.array([[6, 4, END_ID], [5, END_ID, 0]], "int32"))
    np.testing.assert_array_equal(tokens.token_ids, [0, 1, 2, 3, 4, 5, 6, 11, 12, 13] + [0] * 6)
    first, second = tokens.bias.numpy()[:, :10] == 0
    np.testing.assert_array_equal(tokens.token_ids[:10][first], [0, 1, 2, 3, 4, 5, 6, 11, 13])
    np.testing.assert_array_equal(tokens.token_ids[:10][second], [0, 1, 2, 3, 5, 12])
    assert np.all(tokens.bias[:, 10:] < -1e30)
    assert FEW.size == NUM_SPECIAL_TOKENS + 1


def test_there_are_as_many_blocks_as_asked():
    assert FEW.tokens_of(np.zeros((2, 3), "int32"), least=20).token_ids.shape == (20 * BLOCK_SIZE,)


@pytest.mark.slow
def test_a_beam_can_have_more_hypotheses_than_a_shortlist_has_tokens(few):
    found = few.generate(sentences((1,)), settings=settings(beam_size=14))
    assert np.all(np.isfinite(found.scores))


def test_a_search_needs_a_shortlist(generator):
    with pytest.raises(InputError, match="The model has no shortlist"):
        generator.generate(sentences((1,)), settings=settings())


def test_sampling_has_no_shortlist():
    with pytest.raises(InputError, match="`shortlist` excludes `sample`"):
        SearchSettings(sample=True, shortlist=True)


@pytest.mark.parametrize(
    ("candidates", "frequent", "message"),
    [
        (np.zeros((4, 2), "int64"), np.zeros(1, "int32"), "`candidates` must be an int32 array of rank 2"),
        (np.zeros((4, 2), "int32"), np.zeros((1, 1), "int32"), "`frequent` must be an int32 array of rank 1"),
        (np.full((4, 2), 9, "int32"), np.zeros(1, "int32"), "`candidates` must have ids from 0 to 8. Received: 9 to 9"),
        (np.zeros((4, 2), "int32"), np.int32([-1]), "`frequent` must have ids from 0 to 8. Received: -1 to -1"),
    ],
)
def test_wrong_arrays_are_refused(candidates, frequent, message):
    with pytest.raises(ValueError, match=message):
        Shortlist(candidates, frequent, 9)


@pytest.mark.slow
def test_a_quantised_output_layer_is_refused():
    model = small_model(share_output=False)
    model.get_layer("output_projection").quantize("int8")
    with pytest.raises(InputError, match="A shortlist needs an output layer"):
        Generator(model, EVERYTHING).generate(sentences((1,)), settings=settings())
