"""The sections of a recipe: keys with type, default and meaning."""

from keras_transformer.recipes.sections.data_section import DataSection
from keras_transformer.recipes.sections.evaluation_section import MONITORS, EvaluationSection
from keras_transformer.recipes.sections.minimum_risk_section import MinimumRiskSection
from keras_transformer.recipes.sections.model_section import MODEL_FIELDS, OWN_MODEL_FIELDS, ModelSection
from keras_transformer.recipes.sections.section import Section
from keras_transformer.recipes.sections.training_section import DEFAULT_WARMUP_STEPS, PARTS, TrainingSection
from keras_transformer.recipes.sections.vocabulary_section import VocabularySection

__all__ = [
    "DEFAULT_WARMUP_STEPS",
    "MODEL_FIELDS",
    "MONITORS",
    "OWN_MODEL_FIELDS",
    "PARTS",
    "DataSection",
    "EvaluationSection",
    "MinimumRiskSection",
    "ModelSection",
    "Section",
    "TrainingSection",
    "VocabularySection",
]
