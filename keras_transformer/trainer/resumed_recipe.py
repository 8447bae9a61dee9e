"""A training that is resumed has the recipe of the interrupted training, except for the keys that may change."""

from keras_transformer.recipes.recipe_files import FILE_KEYS, load_recipe

RECIPE_NAME = "recipe.toml"
# What may change when a training is resumed; all else would not be the same training. [minimum_risk] follows it.
_FREE_KEYS = {
    # The content of the files is compared by itself, wherever they are.
    "data": {"homepage", "license", "source_language", "target_language", *FILE_KEYS["data"]},
    "vocabulary": {*FILE_KEYS["vocabulary"]},
    "model": set(),
    "training": {
        "epochs",
        "steps",
        "learning_rate",
        "adam_lr_ratio",
        "warmup_steps",
        "decay",
        "average_checkpoints",
        "average_of",
        "save_every",
        "tensorboard",
    },
}


def settled_recipe(recipe, output, resume):
    """The recipe with what is left to this machine written out; a resumed training keeps what it had."""
    if resume and (output / RECIPE_NAME).is_file():
        before, training, vocabulary = recipe_of_run(output), recipe.training, recipe.vocabulary
        kept = {"precision": before.training.precision} if training.precision == "auto" else {}
        if training.warmup_steps is None:
            kept["warmup_steps"] = before.training.warmup_steps
            kept["learning_rate"] = training.learning_rate or before.training.learning_rate
        training = training.model_copy(update=kept)
        if vocabulary.is_learned:
            same = {
                key: getattr(vocabulary, key) or getattr(before.vocabulary, key) for key in ("normalization", "size")
            }
            vocabulary = vocabulary.model_copy(update=same)
        recipe = recipe.model_copy(update={"training": training, "vocabulary": vocabulary})
    return recipe.filled()


def recipe_of_run(output):
    """The recipe of an interrupted training; one without a normalization is of a version that had none."""
    recipe = load_recipe(output / RECIPE_NAME)
    vocabulary = recipe.vocabulary
    if vocabulary.is_learned and vocabulary.normalization is None:
        vocabulary = vocabulary.model_copy(update={"normalization": "identity"})
    return recipe.model_copy(update={"vocabulary": vocabulary})


def changed_key(before, recipe):
    """What is not as it was and must be, None where there is nothing; `recipe` is settled."""
    before = before.filled()
    for section, free in _FREE_KEYS.items():
        if not (before.vocabulary.is_learned and recipe.vocabulary.is_learned):
            # A vocabulary from a file is compared by itself.
            free = free | {"normalization"}
        keys = getattr(recipe, section).model_dump(exclude=free)
        for name, value in getattr(before, section).model_dump(exclude=free).items():
            if keys[name] != value:
                return f"[{section}] {name}"
    return None


def described_free_keys():
    free = [f"[{section}] {', '.join(sorted(keys))}" for section, keys in _FREE_KEYS.items() if keys]
    return "; ".join([*free, "and all of [evaluation] and [minimum_risk]"])
