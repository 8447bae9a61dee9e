"""A resumed training has the recipe of the interrupted training, except for keys that can change."""

from keras_transformer.errors import InputError
from keras_transformer.recipes.recipe_files import FILE_KEYS, load_recipe
from keras_transformer.text import TextFacts, Tokenizers
from keras_transformer.trainer.initial_model import InitialModel, read_initial_model
from keras_transformer.trainer.initial_recipe import recipe_of_initial_model
from keras_transformer.trainer.recipe_inputs import recipe_config

RECIPE_NAME = "recipe.toml"
# Keys that can change when a training is resumed. [minimum_risk] comes after the training and can change, too.
_FREE_KEYS = {
    # The contents of the files are compared separately, not their paths.
    "data": {"homepage", "license", "source_language", "target_language", *FILE_KEYS["data"]},
    "vocabulary": {*FILE_KEYS["vocabulary"]},
    "model": set(),
    "training": {
        # Its weights and its vocabulary are part of the interrupted training.
        "init_from",
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
    """Returns the recipe with machine-dependent defaults filled in. A resumed training keeps its values.

    Args:
        recipe: a `Recipe`.
        output: the model folder.
        resume: whether a training is resumed. If it has started from a model, the folder of that model is not read.

    Raises:
        InputError: the model of `init_from` cannot be used, or a key contradicts it.
    """
    before = recipe_of_run(output) if resume and (output / RECIPE_NAME).is_file() else None
    if before:
        training, vocabulary = recipe.training, recipe.vocabulary
        kept = {"precision": before.training.precision} if training.precision == "auto" else {}
        if training.loss_rows is None:
            # The order of sums depends on it.
            kept["loss_rows"] = before.training.loss_rows
        if training.warmup_steps is None:
            kept["warmup_steps"] = before.training.warmup_steps
            kept["learning_rate"] = training.learning_rate or before.training.learning_rate
        if before.training.init_from:
            kept["init_from"] = before.training.init_from
        elif vocabulary.is_learned and not training.init_from:
            same = {
                key: getattr(vocabulary, key) or getattr(before.vocabulary, key) for key in ("normalization", "size")
            }
            vocabulary = vocabulary.model_copy(update=same)
        training = training.model_copy(update=kept)
        recipe = recipe.model_copy(update={"training": training, "vocabulary": vocabulary})
    if recipe.training.init_from:
        is_continued = before is not None and before.training.init_from
        model = _model_of_run(before, output) if is_continued else read_initial_model(recipe.training.init_from)
        recipe = recipe_of_initial_model(recipe, model)
    elif recipe.training.freeze or recipe.training.lora_rank:
        key = "freeze" if recipe.training.freeze else "lora_rank"
        raise InputError(
            f"[training] {key} needs init_from, because random weights would remain untrained. Give init_from or "
            f"--init-from, or remove {key}."
        )
    return recipe.filled()


def _model_of_run(recipe, output):
    """Returns the `InitialModel` of a training as its recipe and its vocabulary describe it."""
    if not Tokenizers.is_saved_in(output):  # The training was killed before it began.
        return read_initial_model(recipe.training.init_from)
    tokenizers = Tokenizers.load(output)
    texts = TextFacts(*recipe.data.default_direction, directions=recipe.data.directions or None)
    return InitialModel(recipe_config(recipe, tokenizers), tokenizers, texts)


def recipe_of_run(output):
    """Reads the recipe of an interrupted training. Early versions wrote no normalization."""
    recipe = load_recipe(output / RECIPE_NAME)
    vocabulary = recipe.vocabulary
    if vocabulary.is_learned and vocabulary.normalization is None and not recipe.training.init_from:
        vocabulary = vocabulary.model_copy(update={"normalization": "identity"})
    return recipe.model_copy(update={"vocabulary": vocabulary})


def changed_key(before, recipe):
    """Returns the first key that must not differ but does, or None. `recipe` is a result of `settled_recipe`."""
    before = before.filled()
    if recipe.training.init_from and not before.training.init_from:
        return "[training] init_from"
    targets = [[target for _, target in each.data.directions] for each in (before, recipe)]
    if targets[0] != targets[1]:
        return "[data] target_language"
    for side in ("source", "target"):
        # The token of a language of a multilingual model.
        if getattr(before.model, f"{side}_prefix") != getattr(recipe.model, f"{side}_prefix"):
            return f"[data] {side}_language"
    for section, free in _FREE_KEYS.items():
        if before.training.init_from:
            free = free | {"size", "model_type", "shared"}  # Its vocabulary is in the folder.
        elif not (before.vocabulary.is_learned and recipe.vocabulary.is_learned):
            # A vocabulary from a file is compared separately.
            free = free | {"normalization"}
        keys = getattr(recipe, section).model_dump(exclude=free)
        for name, value in getattr(before, section).model_dump(exclude=free).items():
            if keys[name] != value:
                return f"[{section}] {name}"
    return None


def described_free_keys(changed):
    """Returns the keys that can change, in one line.

    Args:
        changed: the result of `changed_key`. The languages of multilingual models cannot change.
    """
    languages = {"source_language", "target_language"} if changed.endswith("_language") else set()
    free = [f"[{section}] {', '.join(sorted(keys - languages))}" for section, keys in _FREE_KEYS.items() if keys]
    return "; ".join([*free, "and all of [evaluation] and [minimum_risk]"])
