"""Registers the custom classes with Keras, which needs them to load a saved model.

A class is registered when its module is imported. Importing this package does not import Keras. The classes are
therefore registered as soon as Keras is imported.
"""

import importlib
import importlib.abc
import importlib.util
import sys

# The packages that define registered classes; a package imports only those before it.
_PACKAGES = ("layers", "losses", "optimizers")
# The modules of registered classes in packages that import their names at first use.
_MODULES = (
    "metrics.perplexity",
    "metrics.token_accuracy",
    "schedules.warmup_schedule",
    "models.chunked_loss_model",
    "models.ensemble",
    "models.guided_alignment_model",
)


def register_classes():
    """Imports the packages that define registered classes, if Keras is imported."""
    if "keras" in sys.modules and not _is_being_imported("keras"):
        _import_packages()


def register_with_keras():
    """Calls `register_classes` now, or after the first import of Keras."""
    if "keras" in sys.modules:
        register_classes()
    elif not any(isinstance(finder, _KerasFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _KerasFinder())


def _import_packages():
    for name in (f"keras_transformer.{package}" for package in _PACKAGES):
        # A package that is being imported registers its classes itself, but cannot be used yet.
        if _is_being_imported(name):
            return
        importlib.import_module(name)
    for name in (f"keras_transformer.{module}" for module in _MODULES):
        # It may import a module of its package that cannot be used yet.
        package = name.rpartition(".")[0]
        if not any(map(_is_being_imported, [other for other in sys.modules if other.startswith(package)])):
            importlib.import_module(name)


def _is_being_imported(module):
    spec = getattr(sys.modules.get(module), "__spec__", None)
    return getattr(spec, "_initializing", False)


class _KerasFinder(importlib.abc.MetaPathFinder):
    """Finds Keras with the other finders and adds `register_classes` to its import."""

    def find_spec(self, fullname, path=None, target=None):
        if fullname != "keras":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _KerasLoader(spec.loader)
        return spec


class _KerasLoader(importlib.abc.Loader):
    def __init__(self, loader):
        self._loader = loader

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        _import_packages()
