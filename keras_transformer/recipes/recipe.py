"""The recipe of a training run: every key, its type, its default and its meaning, in this one place."""

import dataclasses
from typing import Literal

import pydantic
from pydantic import Field

from keras_transformer.evaluation import TOKENIZERS
from keras_transformer.models import TransformerConfig
from keras_transformer.models.transformer_config import PRESETS


class _Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class DataSection(_Section):
    """`[data]`: the sentence pairs. Give `corpus`, or two text files each, or TSV files."""

    corpus: Literal["phrases"] | None = Field(None, description="the embedded Korean-English corpus, in place of files")
    train_source: str | None = Field(None, description="source text to train on, one sentence a line")
    train_target: str | None = Field(None, description="its translation, line by line")
    validation_source: str | None = Field(None, description="source text to validate on")
    validation_target: str | None = Field(None, description="its translation, line by line")
    train_pairs: str | None = Field(None, description="tab-separated pairs to train on, in place of two texts")
    validation_pairs: str | None = Field(None, description="tab-separated pairs to validate on")
    source_column: int = Field(1, ge=1, description="column of the source in tab-separated pairs")
    target_column: int = Field(2, ge=1, description="column of the target in tab-separated pairs")
    held_out: float = Field(
        0.0,
        ge=0,
        le=0.25,
        description="part of the training pairs held out for validation, and as much again for test, split by target "
        "sentence; in place of validation files",
    )
    lowercase: bool = Field(False, description="whether the vocabulary lower-cases all text")
    max_length: int = Field(256, ge=2, description="longest sentence trained on and translated, in tokens")

    @pydantic.model_validator(mode="after")
    def _one_kind_of_input(self):
        given = [bool(self.corpus), bool(self.train_source or self.train_target), bool(self.train_pairs)]
        if sum(given) != 1:
            raise ValueError("give one of corpus, train_source with train_target, or train_pairs")
        if bool(self.train_source) != bool(self.train_target):
            raise ValueError("train_source and train_target go together")
        if bool(self.validation_source) != bool(self.validation_target):
            raise ValueError("validation_source and validation_target go together")
        validations = [bool(self.validation_source), bool(self.validation_pairs), self.held_out > 0, bool(self.corpus)]
        if sum(validations) != 1:
            raise ValueError(
                "give one of validation_source with validation_target, validation_pairs, or held_out (corpus has its "
                "own)"
            )
        return self


class VocabularySection(_Section):
    """`[vocabulary]`: learned from the training text, or given as files."""

    size: int = Field(8000, ge=1, description="number of tokens, 4 special ones and 256 bytes among them")
    model_type: Literal["unigram", "bpe"] = Field("unigram", description="kind of SentencePiece model")
    shared: bool = Field(True, description="whether source and target share one vocabulary")
    sampling: float = Field(0.0, ge=0, le=1, description="subword regularisation in training, 0 for none; 0.1 is usual")
    file: str | None = Field(None, description="a SentencePiece model for both languages, in place of learning one")
    source_file: str | None = Field(None, description="a SentencePiece model for the source")
    target_file: str | None = Field(None, description="a SentencePiece model for the target")

    @pydantic.model_validator(mode="after")
    def _files_fit(self):
        if bool(self.source_file) != bool(self.target_file):
            raise ValueError("source_file and target_file go together")
        if self.file and self.source_file:
            raise ValueError("give either file or source_file with target_file")
        return self


# What a recipe may say of the model: any field of `TransformerConfig` but those that the data decides.
_MODEL_FIELDS = {
    field.name: (field.type | None, Field(None, description="see TransformerConfig; default: the preset's"))
    for field in dataclasses.fields(TransformerConfig)
    if field.name not in ("vocabulary_size", "target_vocabulary_size", "max_length")
}
ModelSection = pydantic.create_model(
    "ModelSection",
    __base__=_Section,
    __doc__="`[model]`: the preset and any field of `TransformerConfig`.",
    preset=(Literal[tuple(PRESETS)], Field("tiny", description="size of the model: " + ", ".join(PRESETS))),
    **_MODEL_FIELDS,
)


class TrainingSection(_Section):
    """`[training]`: how `model.fit` is called."""

    epochs: int | None = Field(None, ge=1, description="passes over the training pairs; default: 20, or steps")
    steps: int | None = Field(None, ge=1, description="optimizer steps, in place of epochs")
    steps_per_epoch: int | None = Field(None, ge=1, description="steps of an epoch; default: one pass over the pairs")
    batch_tokens: int = Field(4096, ge=1, description="most tokens of a batch on either side, padding counted")
    learning_rate: float | None = Field(
        None, gt=0, description="highest rate, reached at warmup_steps; default: the paper's, from the width"
    )
    warmup_steps: int = Field(4000, ge=1, description="steps in which the rate rises; then it falls with step^-0.5")
    label_smoothing: float = Field(0.1, ge=0, lt=1, description="part of the label spread over the vocabulary")
    clip_norm: float | None = Field(None, gt=0, description="largest global norm of the gradient; default: any")
    seed: int = Field(0, description="seed of weights, dropout and shuffling")
    average_checkpoints: int = Field(1, ge=1, description="number of last epochs whose weights are averaged at the end")
    precision: Literal["float32", "bfloat16", "float16"] = Field("float32", description="precision of the computation")

    @pydantic.model_validator(mode="after")
    def _one_length(self):
        if self.epochs and self.steps:
            raise ValueError("give either epochs or steps")
        if not self.epochs and not self.steps:
            object.__setattr__(self, "epochs", 20)
        return self


class EvaluationSection(_Section):
    """`[evaluation]`: translations of the validation set while training."""

    every: int = Field(0, ge=0, description="epochs from one BLEU on the validation set to the next; 0 for none")
    beam_size: int = Field(1, ge=1, description="beam size of that translation")
    tokenize: Literal[TOKENIZERS] = Field("13a", description="sacreBLEU's tokenization; none for tokenised text")
    stop_after: int = Field(0, ge=0, description="evaluations without a better BLEU after which to stop; 0 for never")

    @pydantic.model_validator(mode="after")
    def _stops_by_evaluations(self):
        if self.stop_after and not self.every:
            raise ValueError("stop_after needs every")
        return self


class Recipe(_Section):
    """A recipe: one section for each part of the way from text to a trained model."""

    data: DataSection
    vocabulary: VocabularySection = VocabularySection()
    model: ModelSection = ModelSection()
    training: TrainingSection = TrainingSection()
    evaluation: EvaluationSection = EvaluationSection()

    @pydantic.model_validator(mode="after")
    def _sections_fit(self):
        if self.training.batch_tokens < self.data.max_length:
            raise ValueError(
                "[training] batch_tokens must be at least [data] max_length, or the longest sentence fits into no "
                f"batch. Received: batch_tokens={self.training.batch_tokens}, max_length={self.data.max_length}"
            )
        if self.model.share_embeddings and (self.vocabulary.source_file or not self.vocabulary.shared):
            raise ValueError("[model] share_embeddings needs one vocabulary: [vocabulary] shared = true, or file")
        self.model_config_of(self.vocabulary.size)
        return self

    def model_config_of(self, vocabulary_size, target_vocabulary_size=None):
        """The `TransformerConfig` of the recipe's model, with vocabularies of these sizes.

        Raises:
            ValueError: the keys of `[model]` do not fit each other.
        """
        fields = self.model.model_dump(exclude_none=True)
        try:
            return TransformerConfig.from_preset(
                fields.pop("preset"),
                vocabulary_size=vocabulary_size,
                target_vocabulary_size=target_vocabulary_size,
                max_length=self.data.max_length,
                **fields,
            )
        except ValueError as error:
            raise ValueError(f"[model] {error}") from None
