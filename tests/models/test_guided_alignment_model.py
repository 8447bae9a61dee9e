"""Models that also train cross-attention towards alignments, against the losses of two separate computations."""

import keras
import numpy as np
import pytest

from keras_transformer.data.pool_batches import shift_targets
from keras_transformer.generation import cross_attention
from keras_transformer.losses import RDropCrossEntropy, SmoothedCrossEntropy, alignment_cross_entropy
from keras_transformer.metrics import Perplexity, TokenAccuracy
from keras_transformer.models import (
    TransformerConfig,
    build_transformer,
    transformer_parts,
    with_chunked_loss,
    with_guided_alignment,
)
from keras_transformer.models.dtype_policy import dtype_policy

VOCABULARY, ROWS, LENGTH = 40, 4, 6
GENERATOR = np.random.default_rng(0)
SOURCE, LABELS = GENERATOR.integers(4, VOCABULARY, (2, ROWS, LENGTH), dtype="int32")
SOURCE[0, 4:], LABELS[1, 3:] = 0, 0
ALIGNMENTS = (GENERATOR.random((ROWS, LENGTH, LENGTH)) < 0.25).astype("int8")
ALIGNMENTS *= (LABELS > 0)[:, :, None] * (SOURCE > 0)[:, None, :]
INPUTS = {"source_ids": SOURCE, "target_ids": shift_targets(LABELS).numpy()}
ALIGNED = {**INPUTS, "alignments": ALIGNMENTS}
WEIGHTS = np.array([1, 2, 0.5, 1], "float32")


def transformer(precision="float32", **fields):
    sizes = {"hidden_dim": 16, "intermediate_dim": 32, "num_heads": 2, "num_encoder_layers": 1, "num_decoder_layers": 2}
    config = TransformerConfig(vocabulary_size=VOCABULARY, max_length=9, dropout=0.0, **sizes, **fields)
    keras.utils.set_random_seed(1)
    with dtype_policy(precision):
        return build_transformer(config)


def compiled(model, loss=None, optimizer=None, **arguments):
    arguments = {"metrics": [Perplexity(), TokenAccuracy()], "jit_compile": False, **arguments}
    model.compile(optimizer or keras.optimizers.SGD(0.5), loss or SmoothedCrossEntropy(0.1), **arguments)
    return model


def losses_of_attention(model, layer, head):
    """The loss of each target token, from the attention of another implementation."""
    scores = cross_attention(transformer_parts(model), SOURCE, INPUTS["target_ids"])[layer - 1]
    heads = slice(None) if head is None else slice(head - 1, head)
    return np.array(alignment_cross_entropy(ALIGNMENTS, np.log(np.maximum(scores[:, heads], 1e-37))))


@pytest.mark.parametrize(
    ("is_chunked", "layer", "head", "fields"),
    [
        (True, 1, 2, {}),
        (False, 2, None, {"source_prefix": 5, "target_prefix": 6}),
        pytest.param(False, None, 1, {"normalize_first": True}, marks=pytest.mark.slow),
        pytest.param(True, 2, None, {"source_prefix": 5}, marks=pytest.mark.slow),
    ],
)
def test_the_loss_is_the_sum_of_both(is_chunked, layer, head, fields):
    model = transformer(**fields)
    plain = compiled(build_copy(model)).evaluate(INPUTS, LABELS, sample_weight=WEIGHTS, verbose=0, return_dict=True)
    guided = with_guided_alignment(with_chunked_loss(model, 5) if is_chunked else model, 0.7, layer, head)
    found = compiled(guided).evaluate(ALIGNED, LABELS, sample_weight=WEIGHTS, verbose=0, return_dict=True)
    assert guided._computes_chunks(LABELS) == is_chunked
    losses, is_aligned = losses_of_attention(model, layer or 2, head), ALIGNMENTS.any(axis=-1)
    weights = (LABELS > 0) * WEIGHTS[:, None]
    np.testing.assert_allclose(
        found.pop("loss"), plain.pop("loss") + 0.7 * (losses * weights).sum() / weights.sum(), rtol=1e-5
    )
    np.testing.assert_allclose(found.pop("alignment_loss"), losses[is_aligned].mean(), rtol=1e-5)
    assert found == pytest.approx(plain, rel=1e-5)
    # Validation without alignments has the plain loss and no other log.
    without = guided.evaluate(INPUTS, LABELS, sample_weight=WEIGHTS, verbose=0, return_dict=True)
    assert "alignment_loss" not in without
    assert {**without, "loss": 0} == pytest.approx({**plain, "loss": 0}, rel=1e-5)


def build_copy(model):
    copy = build_transformer(transformer_parts(model).config)
    copy.set_weights(model.get_weights())
    return copy


@pytest.mark.parametrize(
    ("precision", "loss"),
    [
        pytest.param("float32", None, marks=pytest.mark.slow),
        pytest.param("mixed_bfloat16", None, marks=pytest.mark.slow),
        pytest.param("mixed_float16", None, marks=pytest.mark.slow),
        pytest.param("float32", RDropCrossEntropy(1.0, 0.1), marks=pytest.mark.slow),
    ],
)
def test_training_moves_the_attention_to_the_alignments(precision, loss):
    model = transformer(precision)
    guided = with_guided_alignment(with_chunked_loss(model), 1.0, layer=1, head=2)
    optimizer = keras.optimizers.Adam(0.01)
    if precision == "mixed_float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    compiled(guided, loss, optimizer)
    before = losses_of_attention(model, 1, 2)
    history = guided.fit(ALIGNED, LABELS, epochs=40, batch_size=ROWS, shuffle=False, verbose=0).history
    assert history["alignment_loss"][0] == pytest.approx(before[ALIGNMENTS.any(axis=-1)].mean(), rel=2e-2)
    after, others = losses_of_attention(model, 1, 2), losses_of_attention(model, 1, 1)
    assert after.sum() < 0.6 * before.sum()
    assert after.sum() < others.sum()
    np.testing.assert_array_equal(guided(ALIGNED), model(INPUTS))


@pytest.mark.slow
def test_accumulated_parts_train_as_the_whole_batch():
    def trained(steps):
        model = with_guided_alignment(with_chunked_loss(transformer()), 0.5)
        total = (LABELS > 0).sum()
        arguments = {"gradient_accumulation_steps": steps} if steps > 1 else {}
        compiled(model, SmoothedCrossEntropy(0.1, "sum"), keras.optimizers.SGD(0.5, **arguments))
        weights = np.full(ROWS, steps / total, "float32")
        model.fit(ALIGNED, LABELS, sample_weight=weights, batch_size=ROWS // steps, shuffle=False, verbose=0)
        return model.get_weights()

    for whole, parts in zip(trained(1), trained(2), strict=True):
        np.testing.assert_allclose(whole, parts, atol=1e-6)


@pytest.mark.slow
def test_a_saved_model_continues_its_training(tmp_path):
    model = compiled(with_guided_alignment(with_chunked_loss(transformer()), 0.5, 1, 2))
    model.fit(ALIGNED, LABELS, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert (loaded.weight, loaded.layer, loaded.head, loaded.has_chunks) == (0.5, 1, 2, True)
    assert loaded.evaluate(ALIGNED, LABELS, verbose=0) == pytest.approx(model.evaluate(ALIGNED, LABELS, verbose=0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": 3}, "`layer` must be from 1 to 2. Received: layer=3"),
        ({"head": 0}, "`head` must be from 1 to 2. Received: head=0"),
        ({"weight": 0.0}, "`weight` must be above 0. Received: weight=0.0"),
    ],
)
def test_wrong_numbers_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        with_guided_alignment(transformer(), **arguments)


def test_other_models_and_losses_are_refused():
    with pytest.raises(ValueError, match="Expected a model of `build_transformer`"):
        with_guided_alignment(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    with pytest.raises(ValueError, match="needs `SmoothedCrossEntropy`"):
        with_guided_alignment(transformer()).compile("adam", "sparse_categorical_crossentropy")
