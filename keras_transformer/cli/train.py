import importlib
import json
import pathlib

import click

from keras_transformer.cli.launch_processes import launch_processes
from keras_transformer.cli.quiet_tensorflow import import_tensorflow_quietly
from keras_transformer.cli.standard_output import print_path, print_result
from keras_transformer.cli.utf8_text import Utf8Text
from keras_transformer.processes.joint_training import joint_training
from keras_transformer.processes.keras_backend import check_backend
from keras_transformer.recipes import describe_keys, load_recipe
from keras_transformer.trainer.prepared_training import prepare_training
from keras_transformer.trainer.training_checks import check_before_training


def _print_keys(context, parameter, value):
    if value:
        print_result(describe_keys().removesuffix("\n"))
        context.exit()


@click.command()
@click.argument("recipe", type=click.Path())
@click.option(
    "--set",
    "overrides",
    type=Utf8Text(),
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a key, such as training.epochs=5.",
)
@click.option(
    "--data",
    type=click.Path(path_type=pathlib.Path),
    help="Folder that file names in the recipe are relative to  [default: the recipe's; data for a bundled recipe]",
)
@click.option("--output", type=click.Path(path_type=pathlib.Path), help="Model folder [default: models/RECIPE]")
@click.option("--init-from", type=Utf8Text(), metavar="MODEL", help="Model folder to start from, for fine-tuning.")
@click.option("--resume", is_flag=True, help="Continue an interrupted training.")
@click.option("--processes", type=click.IntRange(1), help="Number of processes on this machine, with Keras on JAX.")
@click.option("--keys", is_flag=True, is_eager=True, expose_value=False, callback=_print_keys, help="List all keys.")
def train(recipe, overrides, data, output, init_from, resume, processes):
    """Train a model by RECIPE, a TOML file or the name of a bundled recipe, and write its model folder.

    --set can be repeated. --keys lists every key of a recipe.
    """
    check_backend()
    output = output or pathlib.Path("models") / pathlib.Path(recipe).stem
    if init_from is not None:
        # JSON and TOML quote text alike. A name such as 1 would be read as a number.
        overrides = [*overrides, f"training.init_from={json.dumps(init_from, ensure_ascii=False)}"]
    loaded = load_recipe(recipe, overrides, data)
    if processes:
        check_before_training(loaded, output, resume, backend="jax")
        settings = [part for override in overrides for part in ("--set", override)]
        debug = ["--debug"] * click.get_current_context().find_root().params["debug"]
        if data:
            settings += ["--data", str(data)]
        arguments = [*debug, "train", recipe, "--output", str(output), *settings, *["--resume"] * resume]
        return launch_processes(processes, arguments)
    with joint_training() as watch:
        prepared = prepare_training(loaded, output, resume)
        import_tensorflow_quietly()
        importlib.import_module("keras_transformer.trainer.train_recipe").train_prepared(prepared, watch)
    print_path(output)
    return 0
