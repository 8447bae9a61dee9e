from . import (
    callbacks,
    corpora,
    data,
    export,
    generation,
    layers,
    losses,
    metrics,
    models,
    plots,
    recipes,
    schedules,
    text,
    trainer,
)
from .errors import ExportError, InputError
from .models import TransformerConfig, build_transformer
from .onednn import use_onednn
from .translator import Translator
from .version import __version__

__all__ = [
    "ExportError",
    "InputError",
    "TransformerConfig",
    "Translator",
    "__version__",
    "build_transformer",
    "callbacks",
    "corpora",
    "data",
    "export",
    "generation",
    "layers",
    "losses",
    "metrics",
    "models",
    "plots",
    "recipes",
    "schedules",
    "text",
    "trainer",
    "use_onednn",
]
