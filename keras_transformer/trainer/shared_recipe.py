"""Checks that all processes of a joint training have the same recipe and the same saved state."""

from keras_transformer.errors import InputError, short_repr
from keras_transformer.processes.shared_result import result_of_first
from keras_transformer.recipes.recipe_files import FILE_KEYS


def check_same_recipe(recipe, resume, processes):
    """Checks that the recipe of this process is that of the first process. Paths of files can differ.

    Args:
        recipe: a `Recipe`.
        resume: whether this process resumes a training.
        processes: the `Processes`, joined already. All of them must call this function.

    Raises:
        InputError: a key differs, or only one of both resumes.
    """
    own = {"--resume": resume}
    for section, keys in recipe.model_dump(mode="json").items():
        own |= {f"[{section}] {key}": value for key, value in keys.items() if key not in FILE_KEYS.get(section, ())}
    first = result_of_first(processes, lambda: own)
    for name, value in own.items():
        if first.get(name) != value:
            raise InputError(
                f"{name} must be the same in all processes. Received: {short_repr(value)} in process "
                f"{processes.index}, {short_repr(first.get(name))} in process 0. Give all hosts the same recipe and "
                "the same options."
            )


def check_same_position(state, processes):
    """Checks that the saved state of this process is at the position of that of the first process.

    Args:
        state: the `TrainingState`, restored already.
        processes: the `Processes`. All of them must call this function.

    Raises:
        InputError: the position differs.
    """
    first = result_of_first(processes, lambda: state.first_step)
    if first != state.first_step:
        raise InputError(
            f"{state.path}: this process would continue after {state.first_step} batches, process 0 after {first}. "
            "Use a shared file system, or copy the model folder of process 0 to all hosts."
        )
