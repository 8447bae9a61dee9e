"""Tests of the training batches of a recipe: their directions, and their start in a resumed run."""

import numpy as np
import pytest

from keras_transformer.data import listed_pairs
from keras_transformer.processes.joined_processes import Processes
from keras_transformer.recipes.recipe import Recipe
from keras_transformer.text import Tokenizers, learn_vocabulary
from keras_transformer.trainer import recipe_batches

LETTERS = [" ".join("abcdefgh"[index % 8] * (1 + index // 8)) for index in range(160)]
PAIRS = [(letters, letters.upper()) for letters in LETTERS]
NUM_BIDIRECTIONAL = 2


@pytest.fixture(scope="module")
def tokenizer():
    return learn_vocabulary(LETTERS + [letters.upper() for letters in LETTERS], 280)


def batches_of(tokenizer, max_length=64, pairs=PAIRS, processes=Processes(), **training):  # noqa: B008 (frozen)
    recipe = Recipe.model_validate(
        {
            "data": {"corpus": "phrases", "max_length": max_length},
            "training": {"epochs": 6, "batch_tokens": 300, "bidirectional_epochs": NUM_BIDIRECTIONAL, **training},
        }
    )
    pairs = {"train": listed_pairs(pairs), "validation": listed_pairs(PAIRS[:8])}
    return recipe_batches.recipe_batches(recipe, pairs, Tokenizers(tokenizer), processes)


def texts_of(batches, tokenizer):
    """The sources of each batch."""
    return [[text.decode() for text in tokenizer.detokenize(inputs["source_ids"]).numpy()] for inputs, *_ in batches]


@pytest.mark.parametrize("steps_per_epoch", [pytest.param(None, marks=pytest.mark.slow), 9])
def test_the_first_epochs_go_both_ways_and_the_others_one(tokenizer, steps_per_epoch):
    batches = batches_of(tokenizer, optimizer_steps_per_epoch=steps_per_epoch)
    steps = batches.optimizer_steps_per_epoch
    sources = texts_of(batches.train().take(6 * steps), tokenizer)
    num_reversed = np.array([sum(map(str.isupper, texts)) for texts in sources])
    num_rows = np.array(list(map(len, sources)))
    first = slice(0, NUM_BIDIRECTIONAL * steps)
    # Six standard deviations.
    assert abs(num_reversed[first].sum() - num_rows[first].sum() / 2) < 6 * num_rows[first].sum() ** 0.5 / 2
    assert num_reversed[NUM_BIDIRECTIONAL * steps :].sum() == 0
    # Every epoch has another order of the pairs.
    assert len({tuple(map(tuple, sources[epoch * steps : (epoch + 1) * steps])) for epoch in range(6)}) == 6
    # Validation has one direction only.
    assert not any(text.isupper() for texts in texts_of(batches.validation, tokenizer) for text in texts)


@pytest.mark.slow
@pytest.mark.parametrize("steps_per_epoch", [None, 9])
@pytest.mark.parametrize("accumulation_steps", [1, 2])
def test_the_stream_continues_on_either_side_of_the_change(tokenizer, steps_per_epoch, accumulation_steps):
    batches = batches_of(tokenizer, optimizer_steps_per_epoch=steps_per_epoch, accumulation_steps=accumulation_steps)
    change = NUM_BIDIRECTIONAL * batches.optimizer_steps_per_epoch
    whole = texts_of(batches.train().take((change + 12) * accumulation_steps), tokenizer)
    for first_step in (change - 1, change, change + 1):
        rest = texts_of(batches.train(first_step).take((change + 12 - first_step) * accumulation_steps), tokenizer)
        assert rest == whole[first_step * accumulation_steps :]


@pytest.mark.slow
def test_dropped_pairs_are_reported_once_by_the_first_process(tokenizer, capsys, monkeypatch):
    pairs = [("", "a"), *PAIRS]
    assert batches_of(tokenizer, pairs=pairs).dropped["train"].blank == 1
    assert "train: 1 of 161 pairs dropped: 1 blank.\nvalidation: 0 of 8 pairs" in capsys.readouterr().err
    # The processes are not joined here. The second one counts only its own batches.
    monkeypatch.setattr(recipe_batches, "result_of_first", lambda processes, make: make())
    batches_of(tokenizer, pairs=pairs, processes=Processes(index=1, count=2))
    assert "dropped" not in capsys.readouterr().err


def test_a_warning_has_advice_if_most_pairs_are_dropped(tokenizer):
    with pytest.warns(UserWarning, match=r"train: .* of 160 pairs .* than 5 tokens\. Raise \[data\] max_length"):
        batches_of(tokenizer, max_length=5)
