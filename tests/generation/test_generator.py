import itertools
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from slow_search import log_probabilities, sentences, slow_search, small_model

from keras_transformer.generation import Generator, SearchSettings
from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.special_tokens import END_ID, NUM_SPECIAL_TOKENS

LENGTHS = (3, 1, 5, 2)


def without_padding(token_ids):
    return [int(token) for token in token_ids if token]


def assert_equals_slow_search(model, generator, source_ids, beam_size, length_penalty, n_best):
    found = generator.generate(source_ids, beam_size=beam_size, length_penalty=length_penalty, n_best=n_best)
    for source, token_ids, scores in zip(source_ids, found.token_ids.numpy(), found.scores.numpy()):
        source = source[source > 0]
        max_length = min(40, LENGTH_FACTOR * len(source) + LENGTH_MARGIN)
        expected = slow_search(model, source, beam_size, length_penalty, max_length)[:n_best]
        assert [without_padding(row) for row in token_ids] == [tokens for _, tokens in expected]
        np.testing.assert_allclose(scores, [score for score, _ in expected], atol=1e-4)


@pytest.mark.parametrize("beam_size, n_best", [(1, 1), (3, 1), (4, 2), (4, 4)])
@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.4, -0.7])
def test_equals_a_search_that_recomputes_every_prefix(model, generator, beam_size, n_best, length_penalty):
    assert_equals_slow_search(model, generator, sentences(LENGTHS), beam_size, length_penalty, n_best)


@pytest.mark.parametrize(
    "overrides",
    [
        {"normalize_first": True},
        pytest.param({"share_embeddings": False}, marks=pytest.mark.slow),
        pytest.param({"share_output": False}, marks=pytest.mark.slow),
        {"target_vocabulary_size": 11, "activation": "gelu"},
        pytest.param({"vocabulary_size": 601, "normalize_first": True}, marks=pytest.mark.slow),
        {"output_bias": True},
        {"source_end": False},
        {"source_prefix": 5, "target_prefix": 6, "first_position": 2, "position_frequencies": "tensor2tensor"},
    ],
    ids=[
        *("pre_norm", "unshared_embeddings", "untied_output", "two_vocabularies", "large_vocabulary", "output_bias"),
        *("hidden_end", "prefixes"),
    ],
)
def test_equals_the_slow_search_for_every_kind_of_model(overrides):
    model = small_model(seed=5, **overrides)
    source_ids = sentences((3, 4), vocabulary_size=overrides.get("vocabulary_size", 14))
    assert_equals_slow_search(model, Generator(model), source_ids, beam_size=3, length_penalty=0.6, n_best=3)


@pytest.fixture(scope="module")
def tiny_vocabulary():
    """A model of three ordinary tokens, a source, and all 40 translations of at most 4 tokens as (log-prob, tokens)."""
    model = small_model(seed=3, vocabulary_size=7)
    source = sentences((4,), vocabulary_size=7)
    log_probs, translations = {(): 0.0}, []
    for length in range(4):
        prefixes = list(itertools.product(range(NUM_SPECIAL_TOKENS, 7), repeat=length))
        for prefix, following in zip(prefixes, log_probabilities(model, source[0], prefixes)):
            translations.append((log_probs[prefix] + following[END_ID], [*prefix, END_ID]))
            log_probs.update({(*prefix, token): log_probs[prefix] + following[token] for token in range(7)})
    assert len(translations) == 40
    return Generator(model), source, translations


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 2.0, -0.5])
def test_a_beam_of_all_hypotheses_equals_enumeration(tiny_vocabulary, length_penalty):
    generator, source, translations = tiny_vocabulary
    expected = [(log_prob / ((5 + len(tokens)) / 6) ** length_penalty, tokens) for log_prob, tokens in translations]
    expected.sort(reverse=True)

    found = generator.generate(source, beam_size=45, length_penalty=length_penalty, n_best=45, max_length=4)

    assert [without_padding(row) for row in found.token_ids[0, :40].numpy()] == [tokens for _, tokens in expected]
    np.testing.assert_allclose(found.scores[0, :40], [score for score, _ in expected], atol=1e-4)
    # There are no more hypotheses than these.
    assert not np.any(found.token_ids[0, 40:])
    assert np.all(np.isneginf(found.scores[0, 40:]))


@pytest.mark.parametrize("options", [{"beam_size": 1}, {"beam_size": 4, "n_best": 3}, {"sample": True, "n_best": 2}])
def test_a_search_without_a_graph_gives_the_same(generator, options):
    settings, source_ids = SearchSettings(**options), sentences(LENGTHS)
    found, expected = (
        generator.generate(source_ids, settings=settings, as_graph=as_graph) for as_graph in (False, True)
    )
    np.testing.assert_array_equal(found.token_ids, expected.token_ids)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-5)


def test_greedy_search_takes_the_most_probable_token(model, generator):
    source = sentences((4,))
    found = without_padding(generator.generate(source, beam_size=1).token_ids[0, 0].numpy())
    prefix = []
    while prefix[-1:] != [END_ID] and len(prefix) < len(found):
        log_probs = log_probabilities(model, source[0], [prefix])[0]
        log_probs[[token for token in range(NUM_SPECIAL_TOKENS) if token != END_ID]] = -np.inf
        prefix.append(int(np.argmax(log_probs)) if len(prefix) + 1 < LENGTH_FACTOR * 5 + LENGTH_MARGIN else END_ID)
    assert found == prefix


def test_scores_are_the_models_log_probabilities_over_the_penalty(model, generator):
    source_ids = sentences(LENGTHS)
    found = generator.generate(source_ids, beam_size=4, n_best=4, length_penalty=0.8)
    for source, hypotheses, scores in zip(source_ids, found.token_ids.numpy(), found.scores.numpy()):
        for token_ids, score in zip(hypotheses, scores):
            tokens = without_padding(token_ids)
            log_prob = sum(
                log_probabilities(model, source[source > 0], [tokens[:place]])[0, token]
                for place, token in enumerate(tokens)
            )
            assert score == pytest.approx(log_prob / ((5 + len(tokens)) / 6) ** 0.8, abs=1e-4)


def test_a_translation_depends_neither_on_its_neighbours_nor_on_padding(generator):
    source_ids = sentences((6, 2, 9, 1, 3))
    together = generator.generate(source_ids, n_best=2)
    wider = generator.generate(np.pad(source_ids, ((0, 0), (0, 7))), n_best=2)
    np.testing.assert_array_equal(together.token_ids, wider.token_ids)
    for number, source in enumerate(source_ids):
        alone = generator.generate(source[source > 0][np.newaxis], n_best=2)
        for row in range(2):
            expected = without_padding(together.token_ids[number, row].numpy())
            assert without_padding(alone.token_ids[0, row].numpy()) == expected
        np.testing.assert_allclose(alone.scores[0], together.scores[number], atol=1e-5)


def test_every_hypothesis_ends_and_keeps_its_own_maximum_length(generator):
    source_ids = sentences((1, 4, 6))
    found = generator.generate(source_ids, n_best=4, length_penalty=3.0).token_ids.numpy()
    for source, hypotheses in zip(source_ids, found):
        for token_ids in hypotheses:
            tokens = without_padding(token_ids)
            assert tokens.index(END_ID) == len(tokens) - 1
            assert len(tokens) <= LENGTH_FACTOR * np.count_nonzero(source) + LENGTH_MARGIN
            assert min(tokens) >= END_ID


def test_max_length_shortens_translations(generator):
    found = generator.generate(sentences(LENGTHS), n_best=4, max_length=3)
    assert found.token_ids.shape == (4, 4, 3)
    assert np.all(np.max(found.token_ids == END_ID, axis=-1))


def test_an_empty_source_gives_an_empty_translation(generator):
    source_ids = sentences((3, 0, 2))
    found = generator.generate(source_ids, n_best=2)
    assert not np.any(found.token_ids[1])
    np.testing.assert_array_equal(found.scores[1], [0.0, 0.0])
    alone = generator.generate(source_ids[1:2], n_best=2)
    assert not np.any(alone.token_ids)
    np.testing.assert_array_equal(alone.scores, [[0.0, 0.0]])


def test_an_empty_batch_gives_an_empty_result(generator):
    found = generator.generate(np.zeros((0, 5), "int32"), n_best=2)
    assert found.token_ids.shape[:2] == (0, 2)
    assert found.scores.shape == (0, 2)


def test_works_inside_a_function_and_follows_the_weights():
    model = small_model(seed=8)
    generator, source_ids = Generator(model), sentences(LENGTHS)
    function = tf.function(lambda ids: generator.generate(ids))
    before = function(source_ids)
    np.testing.assert_array_equal(before.token_ids, generator.generate(source_ids).token_ids)
    model.set_weights(small_model(seed=9).get_weights())
    after = function(source_ids)
    np.testing.assert_array_equal(after.token_ids, generator.generate(source_ids).token_ids)
    assert not np.array_equal(before.scores, after.scores)


def test_mixed_precision_gives_ended_hypotheses_and_float32_scores():
    model = small_model_in("mixed_bfloat16", seed=5)
    found = Generator(model).generate(sentences(LENGTHS), n_best=2)
    assert found.scores.dtype == tf.float32
    assert np.all(np.isfinite(found.scores))
    assert np.all(np.max(found.token_ids == END_ID, axis=-1))


def small_model_in(policy, **arguments):
    previous = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return small_model(**arguments)
    finally:
        keras.config.set_dtype_policy(previous)


def test_settings_replace_the_arguments(generator):
    source_ids = sentences(LENGTHS)
    settings = SearchSettings(beam_size=3, length_penalty=1.0, n_best=2, max_length=9)
    found = generator.generate(source_ids, settings=settings)
    expected = generator.generate(source_ids, 3, 1.0, 2, 9)
    np.testing.assert_array_equal(found.token_ids, expected.token_ids)
    assert generator.generate(source_ids, settings=SearchSettings(beam_size=2)).token_ids.shape[1] == 1
    with pytest.raises(ValueError, match="Expected `settings` or separate arguments"):
        generator.generate(source_ids, beam_size=2, settings=settings)


@pytest.mark.parametrize(
    "arguments, message",
    [
        ({"beam_size": 0}, "`beam_size` must be at least 1. Received: beam_size=0"),
        ({"beam_size": 2, "n_best": 3}, "`n_best` must be at most `beam_size`. Received: n_best=3, beam_size=2"),
        ({"max_length": 41}, "`max_length` must be from 1 to 40. Received: max_length=41"),
    ],
)
def test_an_argument_out_of_range_is_named(generator, arguments, message):
    with pytest.raises(ValueError, match=message):
        generator.generate(sentences(LENGTHS), **arguments)


def test_a_source_of_another_shape_or_length_is_refused(generator):
    with pytest.raises(ValueError, match=r"`source_ids` must have the shape \(batch, length\). Received: \(3,\)"):
        generator.generate([5, 6, END_ID])
    with pytest.raises(ValueError, match="at most `max_length`=40 tokens. Received: 41 columns"):
        generator.generate(np.ones((1, 41), "int32"))


@pytest.mark.slow
def test_another_backend_than_tensorflow_is_refused():
    pytest.importorskip("jax")
    script = "from keras_transformer.generation import Generator; Generator(None)"
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    process = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert "InputError: Generation needs Keras on TensorFlow" in process.stderr
    assert "Received: the backend jax." in process.stderr
