"""Tests of the batches: size, padding, completeness, a new order in every epoch, streaming."""

import collections
import itertools

import numpy as np
import pytest
import tensorflow as tf
from pair_cases import PAIRS, signatures, texts_of

from keras_transformer.data import count_batches, listed_pairs, token_batches
from keras_transformer.data.pool_batches import fixed_lengths
from keras_transformer.errors import InputError
from keras_transformer.losses import SmoothedCrossEntropy
from keras_transformer.models import TransformerConfig, build_transformer
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID
from keras_transformer.text import learn_vocabulary


@pytest.fixture(scope="module")
def reversed_tokenizer():
    """A tokenizer with another vocabulary."""
    return learn_vocabulary((text[::-1] for text in itertools.chain(*PAIRS)), vocabulary_size=320)


def test_labels_are_the_target_shifted_by_one(tokenizer):
    batches = token_batches(listed_pairs([("red cat", "blue dog has"), ("bird", "tree")]), tokenizer)
    ((inputs, labels),) = list(batches)
    target = tokenizer.tokenize(["blue dog has", "tree"]).to_list()
    source = tokenizer.tokenize(["red cat", "bird"]).to_list()
    rows = zip(inputs["source_ids"].numpy(), inputs["target_ids"].numpy(), labels.numpy(), source, target, strict=True)
    for source_ids, target_ids, label_ids, source_tokens, target_tokens in rows:
        np.testing.assert_array_equal(np.trim_zeros(source_ids, "b"), [*source_tokens, END_ID])
        np.testing.assert_array_equal(np.trim_zeros(target_ids, "b"), [START_ID, *target_tokens])
        np.testing.assert_array_equal(np.trim_zeros(label_ids, "b"), [*target_tokens, END_ID])


def test_ids_are_int32_and_both_sides_of_the_target_are_padded_alike(tokenizer):
    batches = token_batches(listed_pairs(PAIRS[:200]), tokenizer, batch_tokens=300)
    assert batches.element_spec == (
        {"source_ids": tf.TensorSpec((None, None), "int32"), "target_ids": tf.TensorSpec((None, None), "int32")},
        tf.TensorSpec((None, None), "int32"),
    )
    for inputs, labels in batches:
        np.testing.assert_array_equal(inputs["target_ids"] == PADDING_ID, labels == PADDING_ID)
        for ids in (inputs["source_ids"], labels):
            assert tf.reduce_any(ids[:, -1] != PADDING_ID)


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_never_exceed_the_budget_and_are_as_full_as_it_allows(tokenizer, shuffle):
    batches = token_batches(listed_pairs(PAIRS), tokenizer, batch_tokens=1000, shuffle=shuffle)
    not_full = 0
    for inputs, labels in batches:
        rows, longest = labels.shape[0], max(labels.shape[1], inputs["source_ids"].shape[1])
        assert rows * longest <= 1000
        not_full += (rows + 1) * longest <= 1000
    assert not_full <= 1


@pytest.mark.parametrize("shuffle", [False, True])
def test_every_fitting_pair_occurs_once_an_epoch(tokenizer, reversed_tokenizer, small_pools, shuffle):
    blank = [("", "a cat"), ("a dog", ""), ("   ", "a tree"), ("", ""), ("\u200b", "a"), ("a", "\u3000\ufeff")]
    pairs = [*PAIRS[:700], *blank]
    sources, targets = zip(*pairs, strict=True)
    source_lengths = tokenizer.tokenize(sources).row_lengths() + 1
    lengths = np.maximum(source_lengths, reversed_tokenizer.tokenize(targets).row_lengths() + 1)
    max_length = int(np.median(lengths))
    fits = lengths <= max_length
    expected = [pair for pair, fit in zip(pairs, fits, strict=True) if fit and pair not in blank]
    assert max_length in lengths
    assert 0 < len(expected) < 700
    batches = token_batches(
        listed_pairs(pairs), tokenizer, reversed_tokenizer, batch_tokens=600, max_length=max_length, shuffle=shuffle
    )
    for _ in range(2):
        assert texts_of(batches, tokenizer, reversed_tokenizer) == collections.Counter(expected)


def test_order_changes_with_the_epoch_and_the_seed_and_nothing_else(tokenizer, small_pools):
    def epochs(seed):
        batches = token_batches(listed_pairs(PAIRS[:500]), tokenizer, batch_tokens=600, shuffle=True, seed=seed)
        return [signatures(batches) for _ in range(2)]

    first, second = epochs(seed=1)
    assert first != second
    assert sorted(first) != sorted(second)
    assert epochs(seed=1) == [first, second]
    # The batches differ, not only their order.
    assert sorted(first) not in map(sorted, epochs(seed=2))


def test_batches_of_one_pool_are_shuffled_too(tokenizer):
    batches = token_batches(listed_pairs(PAIRS), tokenizer, batch_tokens=600, shuffle=True)
    first, second = ([labels.shape[1] for _, labels in batches] for _ in range(2))
    assert first != sorted(first, reverse=True)
    assert first != second


def test_without_shuffling_every_epoch_is_the_same(tokenizer):
    batches = token_batches(listed_pairs(PAIRS[:500]), tokenizer, batch_tokens=600)
    assert signatures(batches) == signatures(batches)


def test_padding_is_under_a_tenth(tokenizer):
    batches = token_batches(listed_pairs(PAIRS), tokenizer, batch_tokens=1000, shuffle=True)
    number, padding = count_batches(batches)
    sides = [ids.numpy() for inputs, _ in batches for ids in inputs.values()]
    assert number == len(sides) / 2
    # The second epoch is shuffled anew. Its figure is close to that of the first, but not equal.
    assert padding == pytest.approx(1 - sum(map(np.count_nonzero, sides)) / sum(ids.size for ids in sides), abs=0.01)
    assert 0 < padding < 0.1


@pytest.mark.slow
def test_padding_of_multi30k_is_under_a_tenth(parallel_data):
    folder = parallel_data / "multi30k" / "raw"
    if not folder.is_dir():
        pytest.skip(f"no Multi30k in {folder}")
    lines = [(folder / f"train.{language}").read_text("utf-8").splitlines() for language in ("en", "de")]
    tokenizer = learn_vocabulary(itertools.chain(*lines), vocabulary_size=4000, max_lines=10_000)
    batches = token_batches(listed_pairs(list(zip(*lines, strict=True))), tokenizer, shuffle=True)
    _, padding = count_batches(batches)
    assert padding < 0.1


def test_sampling_varies_the_tokens_and_never_the_text(tokenizer):
    pairs = PAIRS[:100]
    batches = token_batches(listed_pairs(pairs), tokenizer, batch_tokens=1000, sampling=0.2)
    assert signatures(batches) != signatures(batches)
    assert texts_of(batches, tokenizer, tokenizer) == collections.Counter(pairs)


@pytest.mark.parametrize("max_length", [5, 33, 64])
def test_fixed_shapes_are_few_and_hold_every_pair(tokenizer, small_pools, max_length):
    fits = [pair for pair in PAIRS if max(len(row) + 1 for row in tokenizer.tokenize(pair).to_list()) <= max_length]
    batches = list(
        token_batches(listed_pairs(PAIRS), tokenizer, batch_tokens=600, max_length=max_length, fixed_shapes=True)
    )
    assert texts_of(batches, tokenizer, tokenizer) - collections.Counter({("", ""): 10**6}) == collections.Counter(fits)
    rows = {length: 600 // length for length in fixed_lengths(max_length)}
    allowed = {(number // 8 * 8 if number >= 8 else number, length) for length, number in rows.items()}
    for inputs, labels in batches:
        assert inputs["source_ids"].shape == inputs["target_ids"].shape == labels.shape
    assert {tuple(labels.shape) for _, labels in batches} <= allowed


def test_lengths_of_fixed_shapes_grow_by_less_than_a_half():
    assert fixed_lengths(64) == [12, 16, 23, 32, 46, 64]
    assert fixed_lengths(5) == [5]


@pytest.fixture
def compiled_model(tokenizer):
    config = TransformerConfig(
        vocabulary_size=tokenizer.vocabulary_size,
        num_encoder_layers=1,
        num_decoder_layers=1,
        hidden_dim=16,
        intermediate_dim=32,
        num_heads=2,
    )
    model = build_transformer(config)
    model.compile("adam", SmoothedCrossEntropy(0.1))
    return model


# Keras warns about its own default, and about datasets of unknown length.
@pytest.mark.filterwarnings("ignore:.shuffle=True. was passed, but will be ignored:UserWarning")
@pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning")
@pytest.mark.slow
def test_a_plain_fit_takes_them(tokenizer, compiled_model):
    history = compiled_model.fit(token_batches(listed_pairs(PAIRS[:200]), tokenizer, shuffle=True), epochs=2, verbose=0)
    assert history.history["loss"][1] < history.history["loss"][0]


@pytest.mark.slow
def test_a_fit_with_steps_per_epoch_runs_every_epoch_without_a_warning(tokenizer, compiled_model):
    number, _ = count_batches(token_batches(listed_pairs(PAIRS[:200]), tokenizer))
    batches = token_batches(listed_pairs(PAIRS[:200]), tokenizer, shuffle=True, steps_per_epoch=number)
    history = compiled_model.fit(batches, validation_data=batches, epochs=2, shuffle=False, verbose=0).history
    assert history["val_loss"][1] < history["val_loss"][0]
    assert int(compiled_model.optimizer.iterations) == 2 * number


def test_no_batch_is_an_error_that_says_why(tokenizer):
    for pairs in ([("", "cat")], PAIRS[:3]):
        with pytest.raises(InputError, match="all are blank or longer than `.data. max_length` tokens. Raise"):
            count_batches(token_batches(listed_pairs(pairs), tokenizer, max_length=2))


def test_a_budget_smaller_than_the_longest_line_is_refused(tokenizer):
    assert token_batches(listed_pairs(PAIRS), tokenizer, batch_tokens=64, max_length=64)
    with pytest.raises(InputError, match="at least `max_length`, .* Received: batch_tokens=63, max_length=64"):
        token_batches(listed_pairs(PAIRS), tokenizer, batch_tokens=63, max_length=64)
