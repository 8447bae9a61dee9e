from . import (
    callbacks,
    cleaning,
    corpora,
    data,
    explanation,
    export,
    generation,
    layers,
    losses,
    metrics,
    models,
    optimizers,
    plots,
    recipes,
    schedules,
    text,
    trainer,
)
from .errors import ExportError, InputError
from .explanation.explain import explain
from .generation import SearchSettings
from .models import Ensemble, TransformerConfig, build_transformer, layout_map
from .onednn import use_onednn
from .text import Tokenizers
from .trainer.train import train
from .translator import Translator
from .version import __version__

__all__ = [
    "Ensemble",
    "ExportError",
    "InputError",
    "SearchSettings",
    "Tokenizers",
    "TransformerConfig",
    "Translator",
    "__version__",
    "build_transformer",
    "callbacks",
    "cleaning",
    "corpora",
    "data",
    "explain",
    "explanation",
    "export",
    "generation",
    "layers",
    "layout_map",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "plots",
    "recipes",
    "schedules",
    "text",
    "train",
    "trainer",
    "use_onednn",
]
