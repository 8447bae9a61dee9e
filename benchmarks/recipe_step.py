"""Time of a training step under several settings of one recipe.

The settings take turns, so that other load on the machine affects all alike. Each trains on the same few batches.

Usage: python benchmarks/recipe_step.py RECIPE [SETTINGS]... [--rounds 5] [--batches 8] [--data FOLDER]
SETTINGS is a list of keys with commas between: "training.precision=bfloat16,training.r_drop=5.0". The unchanged recipe
is measured first.
"""

import argparse
import statistics
import time

import keras_transformer as kt

kt.use_onednn()  # isort: split
from keras_transformer.processes.joined_processes import Processes
from keras_transformer.recipes import load_recipe
from keras_transformer.trainer.compiled_model import compiled_model
from keras_transformer.trainer.recipe_batches import recipe_batches
from keras_transformer.trainer.recipe_data import recipe_pairs, recipe_tokenizers
from keras_transformer.trainer.recipe_inputs import recipe_config

NUM_WARMUPS = 2


class Setting:
    """A compiled model, a few of its batches and the times of their steps."""

    def __init__(self, recipe, overrides, num_batches, data_folder):
        recipe = load_recipe(recipe, overrides, data_folder).filled().with_schedule(total_steps=10**6)
        pairs = recipe_pairs(recipe.data)
        tokenizers = recipe_tokenizers(recipe, pairs["train"])
        batches = recipe_batches(recipe, pairs, tokenizers, Processes())
        config = recipe_config(recipe, tokenizers)
        self.name = ", ".join(overrides) or "as it is"
        self.model = compiled_model(recipe.training, config, total_steps=10**6)
        self.steps_per_epoch = batches.steps_per_epoch
        self.batches = list(batches.train().take(num_batches))
        self.seconds = []
        for _ in range(NUM_WARMUPS):
            self.train()
        self.seconds.clear()

    def train(self):
        for batch in self.batches:
            start = time.perf_counter()
            self.model.train_on_batch(*batch)
            self.seconds.append(time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("settings", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=8)
    parser.add_argument("--data", help="folder that file names in the recipe are relative to")
    arguments = parser.parse_args()

    overrides = [[], *(setting.split(",") for setting in arguments.settings)]
    settings = [Setting(arguments.recipe, keys, arguments.batches, arguments.data) for keys in overrides]
    for _ in range(arguments.rounds):
        for setting in settings:
            setting.train()
    first = statistics.median(settings[0].seconds)
    print("| setting | parameters | ms a step | ratio | steps an epoch |\n|---|---|---|---|---|")
    for setting in settings:
        median = statistics.median(setting.seconds)
        columns = [setting.name, f"{setting.model.count_params():,}", f"{1000 * median:.0f}", f"{median / first:.2f}"]
        print(f"| {' | '.join(columns)} | {setting.steps_per_epoch} |")


if __name__ == "__main__":
    main()
