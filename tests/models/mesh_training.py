"""Trains models on meshes of eight devices of a CPU, and writes losses and weights of each case to a folder.

Usage: python mesh_training.py FOLDER big|optimizers
"""

import pathlib
import sys

import keras
import numpy as np

import keras_transformer as kt

STEPS, ROWS, LENGTH, VOCABULARY_SIZE = 6, 16, 7, 64
BIG = kt.TransformerConfig.from_preset(
    "big",
    vocabulary_size=VOCABULARY_SIZE,
    hidden_dim=32,
    intermediate_dim=128,
    num_encoder_layers=1,
    num_decoder_layers=2,
    max_length=LENGTH,
)


def batches():
    """Token rows of different lengths, inputs and labels."""
    generator = np.random.default_rng(0)
    ids = generator.integers(4, VOCABULARY_SIZE, (STEPS * ROWS, LENGTH)).astype("int32")
    ids[np.arange(LENGTH) >= generator.integers(2, LENGTH + 1, (len(ids), 1))] = 0
    targets = np.concatenate([np.full((len(ids), 1), 2, "int32"), ids[:, :-1]], axis=1)
    return {"source_ids": ids, "target_ids": np.where(ids == 0, 0, targets)}, ids


def small_model():
    """The divided layers without attention, which compile fast."""
    embedding = kt.layers.PositionalEmbedding(VOCABULARY_SIZE, 16, LENGTH, name="embedding")
    source, target = (keras.Input((None,), dtype="int32", name=name) for name in ("source_ids", "target_ids"))
    x = kt.layers.FeedForward(32, name="feed_forward")(embedding(source) + embedding(target))
    return keras.Model({"source_ids": source, "target_ids": target}, embedding(x, reverse=True))


def trained(model, optimizer):
    """Trains for one epoch. Returns the loss of each step, the weights by path, and the share of a device."""
    model.compile(optimizer, kt.losses.SmoothedCrossEntropy(0.1), metrics=[kt.metrics.Perplexity()])
    losses = []
    x, y = batches()
    callback = keras.callbacks.LambdaCallback(on_train_batch_end=lambda _, logs: losses.append(logs["loss"]))
    model.fit(x, y, batch_size=ROWS, shuffle=False, verbose=0, callbacks=[callback])
    weights = {weight.path: np.asarray(weight.value) for weight in model.weights}
    return {
        "losses": losses,
        "share of weights": share_of_a_device(model.weights),
        "share of optimizer": share_of_a_device(model.optimizer.variables),
        **weights,
    }


def share_of_a_device(variables):
    """The numbers on the first device, divided by those of all variables."""
    shards = [variable.value.addressable_shards[0].data.size for variable in variables]
    return sum(shards) / sum(variable.value.size for variable in variables)


def adam():
    return keras.optimizers.Adam(kt.schedules.WarmupSchedule(peak=0.002, warmup_steps=3), beta_2=0.98)


def data_parallel():
    return keras.distribution.DataParallel(auto_shard_dataset=False)


def model_parallel(rows, parts, config=None, **options):
    mesh = keras.distribution.DeviceMesh((rows, parts), ("batch", "model"))
    return keras.distribution.ModelParallel(layout_map=kt.layout_map(mesh, config, **options), auto_shard_dataset=False)


def of_big(distribution, chunked=False, weights=None):
    """The layers of the preset `big`, with its dropout and a small width. Writes the weights to a file if given."""
    keras.distribution.set_distribution(distribution)
    model = kt.build_transformer(BIG)
    results = trained(kt.models.with_chunked_loss(model, rows=8) if chunked else model, adam())
    if weights:
        model.save_weights(weights)
    return results


OPTIMIZERS = {
    "SGD": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "Adam": adam,
    "Adam with EMA": lambda: keras.optimizers.Adam(0.002, use_ema=True),
    "Adam with accumulation": lambda: keras.optimizers.Adam(0.002, gradient_accumulation_steps=2),
    "Adam with global_clipnorm": lambda: keras.optimizers.Adam(0.002, global_clipnorm=0.1),
    "Adam with amsgrad": lambda: keras.optimizers.Adam(0.002, amsgrad=True),
    "FusedAdam": lambda: kt.optimizers.FusedAdam(0.002, weight_decay=0.01),
    "Muon": lambda: keras.optimizers.Muon(0.002),
    "AdamW": lambda: keras.optimizers.AdamW(0.002),
    "Nadam": lambda: keras.optimizers.Nadam(0.002),
    "Adamax": lambda: keras.optimizers.Adamax(0.002),
    "Adafactor": lambda: keras.optimizers.Adafactor(0.002),
    "Adadelta": lambda: keras.optimizers.Adadelta(0.1),
    "Adagrad": lambda: keras.optimizers.Adagrad(0.01),
    "RMSprop": lambda: keras.optimizers.RMSprop(0.002, momentum=0.9, centered=True),
    "Ftrl": lambda: keras.optimizers.Ftrl(0.01),
    "Lion": lambda: keras.optimizers.Lion(0.0005),
    "Lamb": lambda: keras.optimizers.Lamb(0.002),
    "ScheduleFreeAdamW": lambda: keras.optimizers.ScheduleFreeAdamW(0.002),
    "LossScaleOptimizer": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.002)),
}


def of_optimizer(name, distribution):
    keras.distribution.set_distribution(distribution)
    return trained(small_model(), OPTIMIZERS[name]())


BIG_CASES = {
    "one device": lambda _: of_big(None),
    "data": lambda _: of_big(data_parallel()),
    "data, chunked": lambda _: of_big(data_parallel(), chunked=True),
    "model 2x4": lambda folder: of_big(model_parallel(2, 4, BIG), weights=folder / "saved.weights.h5"),
    "model 1x8, whole attention": lambda _: of_big(model_parallel(1, 8, BIG, attention=False)),
    "model 4x2, chunked": lambda _: of_big(model_parallel(4, 2), chunked=True),
}
OPTIMIZER_CASES = {
    f"{name}, {where}": lambda _, name=name, mesh=mesh: of_optimizer(name, model_parallel(*mesh) if mesh else None)
    for name in OPTIMIZERS
    for where, mesh in (("one device", None), ("mesh", (2, 4)))
}
GROUPS = {"big": BIG_CASES, "optimizers": OPTIMIZER_CASES}


def main():
    folder, group = pathlib.Path(sys.argv[1]), sys.argv[2]
    assert len(keras.distribution.list_devices()) == 8
    for name, case in GROUPS[group].items():
        keras.utils.set_random_seed(1)
        np.savez(folder / f"{name}.npz", **case(folder))


if __name__ == "__main__":
    main()
