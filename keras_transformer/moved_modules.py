"""Keeps the old names of moved modules, and of what moved to other modules, until version 1.0.

A `DeprecationWarning` has the new name.
"""

import importlib
import importlib.abc
import importlib.machinery
import sys
import warnings

PACKAGE = "keras_transformer"
# Old name to new name, below the package.
MOVED = {
    "data.phrases": "corpora.phrases",
    "data.phrases.grammar": "corpora.phrases.grammar",
    "data.phrases.lexicon": "corpora.phrases.lexicon",
    "evaluation": "metrics.text_scores",
    "export.artifact_runs": "export.verification.artifact_runs",
    "export.compact_embedding": "export.tflite.compact_embedding",
    "export.ctranslate2_format": "export.ctranslate2",
    "export.fast_tokenizer": "export.tflite.fast_tokenizer",
    "export.ids_to_ids": "export.tflite.ids_to_ids",
    "export.one_text": "export.tflite.one_text",
    "export.proof": "export.verification.proof",
    "export.saved_model.debug_info": "export.debug_info",
    "export.served_operations": "export.saved_model.served_operations",
    "export.serving_files": "export.saved_model.serving_files",
    "export.text_to_text": "export.saved_model.text_to_text",
    "export.tflite_file": "export.tflite.tflite_file",
    "markdown_table": "files.markdown_table",
    "model_folder": "saving.model_folder",
    "optional_packages": "errors",
    "quiet_start": "processes.standard_error",
    "recipes.compiled_model": "trainer.compiled_model",
    "recipes.data_files": "trainer.data_files",
    "recipes.evaluation_callbacks": "trainer.evaluation_callbacks",
    "recipes.minimum_risk_tuning": "trainer.minimum_risk_tuning",
    "recipes.model_card": "trainer.model_card",
    "recipes.recipe_batches": "trainer.recipe_batches",
    "recipes.recipe_data": "trainer.recipe_data",
    "recipes.train_recipe": "trainer.train_recipe",
    "recipes.training_run": "trainer.training_run",
    "whole_files": "files.whole_files",
}
# Modules, the module to which some of their names have moved, and these names.
MOVED_NAMES = (
    ("callbacks.history_file", "callbacks.history_rows", "drop_epochs last_scores read_history"),
    ("data.check_files", "data.text_lines", "decoded_lines"),
    ("data.token_batches", "data.batch_counts", "count_batches"),
    ("data.token_batches", "data.pool_batches", "cut_by_budget fixed_lengths row_lengths shift_targets"),
    ("data.token_batches", "text.token_rows", "with_end"),
    ("export.saved_model", "export.saved_model.saved_model_exporter", "model_folder_and_version"),
    ("export.verification", "export.verification.verification", "Verification compare"),
    ("export.verification.artifact_runs", "export.verification.model_run", "run_model"),
    ("export.verification.artifact_runs", "export.verification.run", "Run"),
    ("layers.positional_embedding", "position_encodings", "sinusoidal_positions"),
    ("losses.smoothed_cross_entropy", "losses.label_softmax", "take_labels"),
    ("processes", "processes.joined_processes", "Processes alone join_processes"),
    ("processes", "processes.process_variables", "leave_processes"),
    ("saving.model_folder", "saving.model_files", "load_config load_scores load_validation_pairs"),
    ("saving.model_folder", "saving.weights_file", "without_optimizer"),
    ("saving.model_folder", "saving.written_folder", "save_pairs save_scores"),
    ("trainer.recipe_data", "trainer.recipe_inputs", "check_recipe_files"),
    ("trainer.train_recipe", "trainer.training_checks", "check_before_training"),
)


class MovedModules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the modules of `MOVED` by their old names.

    It must be the first finder. Python would otherwise import the modules of a moved package twice.
    """

    def find_spec(self, fullname, path=None, target=None):
        package, _, name = fullname.partition(".")
        if package != PACKAGE or name not in MOVED:
            return None
        return importlib.machinery.ModuleSpec(fullname, self)

    def create_module(self, spec):
        new_name = f"{PACKAGE}.{MOVED[spec.name.removeprefix(PACKAGE + '.')]}"
        message = f"{spec.name} has moved to {new_name}. The old name works until version 1.0."
        # The frames of the import system are not counted.
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return _Alias(spec.name, importlib.import_module(new_name))

    def exec_module(self, module):
        pass


class _Alias(type(sys)):
    """A module with the attributes of another module."""

    def __init__(self, name, module):
        super().__init__(name, module.__doc__)
        self.__dict__["_module"] = module

    def __getattr__(self, name):
        return getattr(self._module, name)

    def __dir__(self):
        return dir(self._module)


def moved_names(module):
    """Returns the `__getattr__` of a module of `MOVED_NAMES`."""
    places = {
        name: f"{PACKAGE}.{new}"
        for old, new, names in MOVED_NAMES
        if f"{PACKAGE}.{old}" == module
        for name in names.split()
    }

    def getattr_of_module(name):
        if name not in places:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        message = f"{module}.{name} has moved to {places[name]}.{name}. The old name works until version 1.0."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return getattr(importlib.import_module(places[name]), name)

    return getattr_of_module


def find_moved_modules():
    """Adds the old names to Python's import system, once."""
    if not any(isinstance(finder, MovedModules) for finder in sys.meta_path):
        sys.meta_path.insert(0, MovedModules())
