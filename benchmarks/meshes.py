"""Prints memory and transfers of a training step on meshes of eight devices, by formula and of the compiled program.

    python benchmarks/meshes.py [--preset big] [--vocabulary-size 32000] [--rows 64] [--length 64] [--layers N]
        [--meshes 8x1 2x4 ...]

The devices are parts of one CPU. The programs are compiled and not run, so the machine needs the memory of one model
and its optimizer. Formulas: `mesh_costs.py`. `--train` trains one step of the model on two meshes and on one device,
and compares losses and weights; it needs the memory of three models.
"""

import argparse
import dataclasses
import os

DEVICES = 8
if __name__ == "__main__":
    os.environ.update(KERAS_BACKEND="jax", JAX_PLATFORMS="cpu")
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={DEVICES}"

import jax
import keras
import numpy as np
from collectives import sent_bytes
from mesh_costs import MeshCosts

import keras_transformer as kt

COLUMNS = [
    "batch x weights",
    "state, MB",
    "temporary, MB",
    "gradients sent, MB",
    "activations sent, MB",
    "moved for heads, MB",
    "10^9 operations",
]
# Parts of the batch, parts of the weights, and whether attention is divided.
MESHES = [(8, 1, False), (4, 2, False), (4, 2, True), (2, 4, False), (2, 4, True), (1, 8, False), (1, 8, True)]


def distribution_of(costs):
    """Returns the distribution of Keras for the mesh of some costs."""
    if costs.model == 1:
        return keras.distribution.DataParallel(auto_shard_dataset=False)
    mesh = keras.distribution.DeviceMesh((costs.data, costs.model), ("batch", "model"))
    layouts = kt.layout_map(mesh, costs.config, attention=costs.attention)
    return keras.distribution.ModelParallel(layout_map=layouts, auto_shard_dataset=False)


def build_model(config):
    """Returns a compiled model with an optimizer that has its variables, on one device."""
    keras.utils.set_random_seed(0)
    model = kt.build_transformer(config)
    model.compile(keras.optimizers.Adam(1e-4), kt.losses.SmoothedCrossEntropy(0.1))
    ids = np.full((DEVICES, 2), 5, "int32")
    model._symbolic_build(data_batch=({"source_ids": ids, "target_ids": ids}, ids))
    return model


def compile_step(model, costs):
    """Compiles the step of `fit` for a mesh. The arguments are shapes, so that no device needs their memory."""
    distribution = distribution_of(costs)
    mesh = distribution.device_mesh.backend_mesh
    layouts = {weight.path.replace("/", "_"): _spec(distribution, weight.path) for weight in model.weights}

    def shape(variable):
        # The name of a moment contains the path of its weight.
        name = f"_{variable.path.replace('/', '_')}_"
        found = [layout for path, layout in layouts.items() if f"_{path}_" in name]
        spec = found[0] if found else jax.sharding.PartitionSpec()
        sharding = jax.sharding.NamedSharding(mesh, spec)
        return jax.ShapeDtypeStruct(variable.shape, keras.backend.standardize_dtype(variable.dtype), sharding=sharding)

    groups = model.trainable_variables, model.non_trainable_variables, model.optimizer.variables
    state = tuple([shape(variable) for variable in group] for group in (*groups, model.metrics_variables))
    rows = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(distribution.batch_dim_name, None))
    ids = jax.ShapeDtypeStruct((costs.rows, costs.length), "int32", sharding=rows)
    with distribution.scope():
        shardings = jax.tree.map(lambda argument: argument.sharding, state)
        step = jax.jit(model.train_step, donate_argnums=0, out_shardings=(None, shardings))
        return step.lower(state, ({"source_ids": ids, "target_ids": ids}, ids, None)).compile()


def _spec(distribution, path):
    layout = distribution.get_tensor_layout(path)
    return jax.sharding.PartitionSpec(*(layout.axes if layout else ()))


@dataclasses.dataclass(frozen=True)
class Compiled:
    """What XLA reports of a program, for one device."""

    state_bytes: int
    temporary_bytes: int
    operations: float
    gradient_wire_bytes: float
    activation_wire_bytes: float
    split_wire_bytes: float

    @classmethod
    def of(cls, program, costs):
        memory, sent = program.memory_analysis(), sent_bytes(program.as_text(), DEVICES)
        # On a mesh with one axis, all sums are those of gradients.
        gradients = sum(size for (kind, group), size in sent.items() if kind == "all-reduce" and group == costs.data)
        sums = sum(size for (kind, _), size in sent.items() if kind == "all-reduce")
        if costs.data == costs.model:
            raise ValueError("The parts of the batch and of the weights must be different numbers.")
        return cls(
            memory.argument_size_in_bytes,
            memory.temp_size_in_bytes,
            program.cost_analysis()["flops"],
            gradients if costs.data > 1 else 0,
            sums - (gradients if costs.data > 1 else 0),
            sum(sent.values()) - sums,
        )


def significant(number):
    """A number with at least three digits."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def row(costs, compiled):
    """One line of the table."""

    def pair(formula, found, unit=1e6):
        return f"{significant(formula / unit)} / {significant(found / unit)}"

    name = f"{costs.data} x {costs.model}{', whole attention' if costs.model > 1 and not costs.attention else ''}"
    temporary = 2 * costs.gradient_bytes + costs.activation_bytes
    cells = [
        name,
        pair(costs.state_bytes, compiled.state_bytes),
        pair(temporary, compiled.temporary_bytes),
        pair(costs.gradient_wire_bytes, compiled.gradient_wire_bytes),
        pair(costs.activation_wire_bytes, compiled.activation_wire_bytes),
        significant(compiled.split_wire_bytes / 1e6),
        pair(costs.operations, compiled.operations, 1e9),
    ]
    return f"| {' | '.join(cells)} |"


def compare_training(config, rows, length):
    """Trains one step on one device and on two meshes. Prints the largest differences."""
    ids = np.random.default_rng(0).integers(4, config.vocabulary_size, (rows, length)).astype("int32")
    results = {}
    for data, parts in [(1, 1), (2, 4), (1, 8)]:
        costs = MeshCosts(config, data, parts, True, rows, length)
        keras.distribution.set_distribution(distribution_of(costs) if parts > 1 else None)
        keras.utils.set_random_seed(0)
        model = kt.build_transformer(config)
        model.compile(keras.optimizers.SGD(0.1), kt.losses.SmoothedCrossEntropy(0.1))
        losses = [model.train_on_batch({"source_ids": ids, "target_ids": ids}, ids) for _ in range(2)]
        results[data, parts] = np.array(losses), [np.asarray(weight.value) for weight in model.weights]
        expected_losses, expected = results[1, 1]
        difference = max(np.abs(a - b).max() for a, b in zip(results[data, parts][1], expected, strict=True))
        loss = np.max(np.abs(results[data, parts][0] / expected_losses - 1))
        print(
            f"{data} x {parts}: losses {losses}, relative difference {loss:.1e}, of weights {difference:.1e}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="big")
    parser.add_argument("--vocabulary-size", type=int, default=32_000)
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--length", type=int, default=64)
    parser.add_argument("--layers", type=int, help="encoder and decoder blocks, each; default: the preset's")
    parser.add_argument("--meshes", nargs="+", help="some of the meshes, such as 8x1 2x4")
    parser.add_argument("--train", action="store_true")
    arguments = parser.parse_args()
    layers = (
        {"num_encoder_layers": arguments.layers, "num_decoder_layers": arguments.layers} if arguments.layers else {}
    )
    config = kt.TransformerConfig.from_preset(
        arguments.preset, vocabulary_size=arguments.vocabulary_size, max_length=arguments.length, **layers
    )
    if arguments.train:
        compare_training(config, arguments.rows, arguments.length)
        return
    print(f"Keras {keras.__version__}, JAX {jax.__version__}. Per device and step: formula / compiled program.\n")
    print(f"| {' | '.join(COLUMNS)} |\n{'|---' * len(COLUMNS)}|")
    model = build_model(config)
    for data, parts, attention in MESHES:
        if arguments.meshes and f"{data}x{parts}" not in arguments.meshes:
            continue
        costs = MeshCosts(config, data, parts, attention, arguments.rows, arguments.length)
        print(row(costs, Compiled.of(compile_step(model, costs), costs)), flush=True)


if __name__ == "__main__":
    main()
