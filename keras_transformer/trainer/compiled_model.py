import pathlib

import keras

from keras_transformer.losses import RDropCrossEntropy, SmoothedCrossEntropy
from keras_transformer.metrics import Perplexity, TokenAccuracy
from keras_transformer.models import build_transformer, with_chunked_loss, with_guided_alignment
from keras_transformer.models.dtype_policy import dtype_policy
from keras_transformer.models.guided_alignment_model import guided_layer
from keras_transformer.optimizers import FusedAdam
from keras_transformer.saving.weights_file import assign_weights
from keras_transformer.schedules import WarmupSchedule
from keras_transformer.trainer.trained_weights import select_trained_weights


def compiled_model(training, config, total_steps, loss=None, weights=None, is_aligned=False):
    """Builds and compiles the model of a recipe with the settings of its `[training]` section.

    Args:
        training: the section.
        config: the `TransformerConfig`.
        total_steps: number of optimizer steps of the training.
        loss: a loss instead of the section's. Default None.
        weights: initial weights: a weights file, a `pathlib.Path`, or a list of arrays in the order of Keras. Default
            None: random weights.
        is_aligned: whether the batches have alignments, towards which attention is trained. Default False.
    """
    with dtype_policy("float32" if training.precision == "float32" else f"mixed_{training.precision}"):
        model = build_transformer(config)
    if isinstance(weights, pathlib.Path):
        assign_weights(model, weights)
    elif weights is not None:
        model.set_weights(weights)
    select_trained_weights(model, training.freeze, training.lora_rank)
    model = in_chunks(training, model)
    if is_aligned:
        head = training.guided_alignment_head
        head = None if head == "mean" else head
        model = with_guided_alignment(model, training.guided_alignment_weight, training.guided_alignment_layer, head)
    optimizer = _optimizer(training, warmup_schedule(training, config, total_steps))
    if training.precision == "float16":
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    model.compile(
        optimizer,
        loss=loss or _loss(training, "sum" if training.accumulation_steps > 1 else "sum_over_batch_size"),
        metrics=[Perplexity(), TokenAccuracy()],
        jit_compile=compiles(training),
    )
    count_batches_alike(model)
    return model


def in_chunks(training, model):
    """Returns a model whose loss is computed in chunks, unless the `[training]` section disables it.

    Args:
        training: the section.
        model: a model of `build_transformer`.
    """
    return model if training.loss_rows == 0 else with_chunked_loss(model, training.loss_rows)


def guided_heads(training, config):
    """Returns the `alignment_heads` of `TextFacts` after a training with alignments.

    Args:
        training: the `[training]` section.
        config: the `TransformerConfig`.
    """
    layer, head = guided_layer(training.guided_alignment_layer, config), training.guided_alignment_head
    heads = range(1, config.num_heads + 1) if head == "mean" else [head]
    return tuple((layer, number) for number in heads)


def count_batches_alike(model):
    """Gives every batch the same weight in the loss that `fit` shows.

    Keras weights batches by their rows (since keras-team/keras pull request 19363), and no option disables it. Rows of
    padding, which are added if several processes or devices share a batch, would change the loss, and batches of few
    long sentences, with the same number of tokens as others, would have a low weight.
    """
    tracker = next(metric for metric in model.metrics if metric.name == "loss")
    tracker.update_state = lambda values, sample_weight=None: type(tracker).update_state(tracker, values)


def compiles(training):
    """Returns whether XLA compiles the training step: if the recipe sets it, and always on JAX."""
    return training.jit_compile or keras.backend.backend() == "jax"


def warmup_schedule(training, config, total_steps):
    """Returns the schedule of the `[training]` section. The arguments are those of `compiled_model`."""
    rate = {"peak": training.learning_rate} if training.learning_rate else {"hidden_dim": config.hidden_dim}
    return WarmupSchedule(
        warmup_steps=training.warmup_steps,
        decay=training.decay,
        total_steps=total_steps,
        accumulation_steps=training.accumulation_steps,
        **rate,
    )


def _optimizer(training, schedule):
    arguments = {
        "epsilon": 1e-9,
        "weight_decay": training.weight_decay or None,
        "global_clipnorm": training.clip_norm,
        "use_ema": training.ema_momentum is not None,
        "ema_momentum": training.ema_momentum or 0.99,
        "gradient_accumulation_steps": training.accumulation_steps if training.accumulation_steps > 1 else None,
    }
    if training.optimizer == "adam":
        return FusedAdam(schedule, beta_2=0.98, **arguments)
    return keras.optimizers.Muon(
        schedule,
        adam_beta_2=0.98,
        # Keras applies weight decay to both parts with Muon's rate. Here each part uses its own rate.
        adam_weight_decay=training.weight_decay * training.adam_lr_ratio or None,
        adam_lr_ratio=training.adam_lr_ratio,
        # Keras trains embeddings with Adam. The output projection is a transposed embedding.
        exclude_layers=["output_projection"],
        **arguments,
    )


def _loss(training, reduction):
    if training.r_drop:
        return RDropCrossEntropy(training.r_drop, training.label_smoothing, reduction)
    return SmoothedCrossEntropy(training.label_smoothing, reduction)
