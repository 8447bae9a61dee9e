"""A resumed training has the recipe of the interrupted training, except for keys that can change."""

from keras_transformer.recipes.recipe_files import FILE_KEYS, load_recipe

RECIPE_NAME = "recipe.toml"
# Keys that can change when a training is resumed. [minimum_risk] comes after the training and can change, too.
_FREE_KEYS = {
    # The contents of the files are compared separately, not their paths.
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
    """Returns the recipe with machine-dependent defaults filled in. A resumed training keeps its values."""
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
    """Reads the recipe of an interrupted training. Early versions wrote no normalization."""
    recipe = load_recipe(output / RECIPE_NAME)
    vocabulary = recipe.vocabulary
    if vocabulary.is_learned and vocabulary.normalization is None:
        vocabulary = vocabulary.model_copy(update={"normalization": "identity"})
    return recipe.model_copy(update={"vocabulary": vocabulary})


def changed_key(before, recipe):
    """Returns the first key that must not differ but does, or None. `recipe` is a result of `settled_recipe`."""
    before = before.filled()
    for section, free in _FREE_KEYS.items():
        if not (before.vocabulary.is_learned and recipe.vocabulary.is_learned):
            # A vocabulary from a file is compared separately.
            free = free | {"normalization"}
        keys = getattr(recipe, section).model_dump(exclude=free)
        for name, value in getattr(before, section).model_dump(exclude=free).items():
            if keys[name] != value:
                return f"[{section}] {name}"
    return None


def described_free_keys():
    free = [f"[{section}] {', '.join(sorted(keys))}" for section, keys in _FREE_KEYS.items() if keys]
    return "; ".join([*free, "and all of [evaluation] and [minimum_risk]"])
