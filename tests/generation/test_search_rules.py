"""Sampling, forced beginnings, repeated n-grams and minimum lengths, against a search in NumPy."""

import numpy as np
import pytest
from slow_rules import mean_log_probabilities, slow_beam, slow_samples
from slow_search import sentences, small_model

from keras_transformer.errors import InputError
from keras_transformer.generation import Generator, SearchSettings
from keras_transformer.generation.random_numbers import seed_key, sentence_keys, uniform_numbers
from keras_transformer.models import Ensemble
from keras_transformer.special_tokens import END_ID

LENGTHS = (3, 1, 5, 2)
PREFIXES = np.array([[7, 7, 7], [0, 0, 0], [9, 0, 0], [5, 6, 0]], "int32")
RULES = {"no_repeat_ngram": 2, "min_length": 6}
SAMPLING = {"temperature": 0.7, "top_k": 5, "top_p": 0.8}


def rows_of(found):
    """Lists of the translations of every sentence without padding."""
    return [[[int(token) for token in row if token] for row in rows] for rows in found.token_ids.numpy()]


def assert_equals(found, expected):
    """Compares `Hypotheses` with lists of (score, tokens)."""
    assert rows_of(found) == [[tokens for _, tokens in rows] for rows in expected]
    np.testing.assert_allclose(found.scores, [[score for score, _ in rows] for rows in expected], atol=1e-4)


def prefix_of(prefixes, number):
    return {} if prefixes is None else {"prefix": [int(token) for token in prefixes[number] if token]}


def compare_beam(generator, models, prefixes=None, beam_size=3, **rules):
    source_ids, settings = sentences(LENGTHS), SearchSettings(beam_size=beam_size, n_best=beam_size, **rules)
    found = generator.generate(source_ids, settings=settings, prefix_ids=prefixes)
    expected = [
        slow_beam(models, source[source > 0], beam_size, 0.6, 40, **rules, **prefix_of(prefixes, number))
        for number, source in enumerate(source_ids)
    ]
    assert_equals(found, expected)
    return rows_of(found)


def compare_samples(generator, models, prefixes=None, n_best=3, seed=5, sampling=SAMPLING, **rules):
    source_ids = sentences(LENGTHS)
    settings = SearchSettings(sample=True, n_best=n_best, seed=seed, **sampling, **rules)
    found = generator.generate(source_ids, settings=settings, prefix_ids=prefixes)
    expected = [
        slow_samples(
            models, source[source > 0], n_best, 0.6, 40, seed, **sampling, **rules, **prefix_of(prefixes, number)
        )
        for number, source in enumerate(source_ids)
    ]
    assert_equals(found, expected)
    return rows_of(found)


def assert_rules(rows, prefixes=None, no_repeat_ngram=None, min_length=0):
    for number, tokens in ((number, tokens) for number, row in enumerate(rows) for tokens in row):
        prefix = prefix_of(prefixes, number).get("prefix", [])
        assert tokens[: len(prefix)] == prefix
        assert tokens.index(END_ID) == len(tokens) - 1 >= min_length
        if no_repeat_ngram:
            ngrams = list(zip(*(tokens[start:] for start in range(no_repeat_ngram)), strict=False))
            # A forced beginning can contain repeated n-grams.
            ngrams = ngrams[max(0, len(prefix) - no_repeat_ngram + 1) :]
            assert len(ngrams) == len(set(ngrams))


def test_beam_search_with_all_rules_equals_numpy(generator, model):
    rows = compare_beam(generator, [model], PREFIXES, **RULES)
    assert_rules(rows, PREFIXES, **RULES)


def test_samples_with_all_rules_equal_numpy(generator, model):
    rows = compare_samples(generator, [model], PREFIXES, **RULES)
    assert_rules(rows, PREFIXES, **RULES)
    # Another seed gives other samples from the same graph.
    assert compare_samples(generator, [model], PREFIXES, seed=2**70, **RULES) != rows


@pytest.mark.slow
@pytest.mark.parametrize("rules", [{"no_repeat_ngram": 1}, {"no_repeat_ngram": 3}, {"min_length": 20}, {}])
@pytest.mark.parametrize("prefixes", [None, PREFIXES, PREFIXES[:, :1]])
def test_every_rule_equals_numpy(generator, model, rules, prefixes):
    for beam_size in (1, 4):
        assert_rules(compare_beam(generator, [model], prefixes, beam_size, **rules), prefixes, **rules)
    assert_rules(compare_samples(generator, [model], prefixes, **rules), prefixes, **rules)


@pytest.mark.slow
@pytest.mark.parametrize(
    "sampling", [{}, {"top_k": 1}, {"top_k": 3}, {"top_p": 0.5}, {"top_p": 1.0, "temperature": 2.0}, {"top_k": 99}]
)
def test_every_kind_of_sampling_equals_numpy(generator, model, sampling):
    compare_samples(generator, [model], sampling=sampling)


@pytest.mark.slow
@pytest.mark.parametrize("overrides", [{"vocabulary_size": 601}, {"source_prefix": 5, "target_prefix": 6}])
def test_rules_hold_for_large_vocabularies_and_language_tokens(overrides):
    model = small_model(seed=5, **overrides)
    compare_beam(Generator(model), [model], PREFIXES, **RULES)
    compare_samples(Generator(model), [model], PREFIXES, **RULES)


def test_one_token_to_draw_from_is_greedy_search(generator):
    source_ids = sentences(LENGTHS)
    greedy = generator.generate(source_ids, beam_size=1)
    drawn = generator.generate(source_ids, settings=SearchSettings(sample=True, top_k=1, seed=3))
    np.testing.assert_array_equal(drawn.token_ids, greedy.token_ids)
    np.testing.assert_allclose(drawn.scores, greedy.scores, atol=1e-5)


def test_a_sample_depends_on_its_sentence_and_the_seed_alone(generator):
    source_ids = sentences((6, 2, 9, 0, 3, 6))
    source_ids[5] = source_ids[0]
    settings = SearchSettings(sample=True, n_best=2, temperature=2.0)
    together = rows_of(generator.generate(source_ids, settings=settings))
    order = [4, 2, 0, 5, 3, 1]
    shuffled = generator.generate(np.pad(source_ids[order], ((0, 0), (0, 7))), settings=settings)
    assert rows_of(shuffled) == [together[place] for place in order]
    for source, expected in zip(source_ids, together, strict=True):
        alone = generator.generate(source[np.newaxis, : max(1, np.count_nonzero(source))], settings=settings)
        assert rows_of(alone) == [expected]
    # Samples of one sentence and of different sentences differ. An empty source has an empty translation.
    assert together[3] == [[], []]
    assert together[0][0] != together[0][1] != together[1][0]


@pytest.mark.slow
def test_samples_follow_the_distribution(generator, model):
    source = sentences((4,))
    settings = SearchSettings(sample=True, n_best=2000, temperature=2.0, max_length=2)
    found = generator.generate(source, settings=settings)
    (log_probs,) = mean_log_probabilities([model], source[0], [[]])
    weights = np.exp(log_probs / 2.0)
    weights[:END_ID] = 0.0
    counts = np.bincount([row[0] for row in rows_of(found)[0]], minlength=len(weights)) / 2000
    np.testing.assert_allclose(counts, weights / weights.sum(), atol=0.05)


def test_random_numbers_are_uniform_and_independent():
    source_ids = np.random.default_rng(1).integers(4, 900, (200, 7)).astype("int32")
    keys = sentence_keys(source_ids, np.int64(seed_key(1)))
    numbers = np.stack([uniform_numbers(keys, np.int32(step), 5) for step in range(30)])
    assert numbers.min() >= 0.0
    assert numbers.max() < 1.0
    counts, _ = np.histogram(numbers, bins=20, range=(0.0, 1.0))
    assert np.sum((counts - 1500) ** 2 / 1500) < 43.8  # Chi-squared, 19 degrees of freedom, p = 0.001.
    for axis in range(3):
        first, second = (np.delete(numbers, place, axis).ravel() for place in (-1, 0))
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.025
    other_keys = sentence_keys(source_ids, np.int64(seed_key(2)))
    other_seed = np.array(uniform_numbers(other_keys, np.int32(3), 5))
    assert abs(np.corrcoef(numbers[3].ravel(), other_seed.ravel())[0, 1]) < 0.1


@pytest.mark.slow
def test_rules_that_exclude_every_other_token_leave_the_end_token(generator):
    settings = SearchSettings(beam_size=2, no_repeat_ngram=1, min_length=30)
    (rows,) = rows_of(generator.generate(sentences((3,)), settings=settings))
    # The vocabulary has ten ordinary tokens.
    assert len(rows[0]) == 11


@pytest.mark.slow
def test_an_ensemble_of_different_models_equals_numpy(model):
    models = [model, small_model(seed=7, num_encoder_layers=2, hidden_dim=24, max_length=50, normalize_first=True)]
    compare_beam(Generator(Ensemble(models)), models)


@pytest.mark.slow
def test_an_ensemble_samples_and_keeps_rules(model):
    models = [model, small_model(seed=7, num_decoder_layers=1), small_model(seed=8)]
    compare_samples(Generator(Ensemble(models)), models, PREFIXES, **RULES)
    compare_beam(Generator(Ensemble(models)), models, PREFIXES, **RULES)


@pytest.mark.slow  # The test of the command translates with an ensemble.
def test_an_ensemble_of_a_model_with_itself_is_the_model(generator, model):
    source_ids = sentences(LENGTHS)
    expected = generator.generate(source_ids, beam_size=3, n_best=3)
    found = Generator(Ensemble([model, model])).generate(source_ids, beam_size=3, n_best=3)
    np.testing.assert_array_equal(found.token_ids, expected.token_ids)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)


def test_a_prefix_that_leaves_no_space_for_the_end_token_is_refused(generator):
    with pytest.raises(ValueError, match="A prefix must be shorter than `max_length`=4.*Received: 4 columns"):
        generator.generate(sentences((3,)), max_length=4, prefix_ids=np.full((1, 4), 5))


def test_the_parts_of_an_ensemble_are_refused(model):
    with pytest.raises(InputError, match="Expected a single model. Received: an ensemble of 2 models."):
        _ = Generator(Ensemble([model, model])).parts
