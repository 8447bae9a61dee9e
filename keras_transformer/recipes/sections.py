"""The sections of a recipe: keys with type, default and meaning."""

from typing import Literal

import pydantic
from pydantic import Field

from keras_transformer.errors import InputError
from keras_transformer.generation.search_settings import GREEDY, SearchSettings
from keras_transformer.metrics.text_scores import TOKENIZERS
from keras_transformer.schedules.warmup_schedule import DECAYS
from keras_transformer.text.languages import language_tag
from keras_transformer.text.learn_vocabulary import (
    CHARACTER_COVERAGE,
    SMALLEST_COVERAGE,
    SMALLEST_VOCABULARY,
    checked_symbols,
)
from keras_transformer.text.normalization import NORMALIZATIONS

# The paper's warm-up, in a training of 100,000 steps.
DEFAULT_WARMUP_STEPS = 4000


class Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _share_value(section, name, other_name):
    """Gives two keys of one meaning the value of the one that was given, and returns its name."""
    given = [key for key in (name, other_name) if key in section.model_fields_set]
    if len(given) > 1:
        raise ValueError(f"give either {name} or {other_name}, which mean the same")
    key = given[0] if given else name
    for each in (name, other_name):
        object.__setattr__(section, each, getattr(section, key))
    return key


class DataSection(Section):
    """`[data]`: The sentence pairs. Give `corpus`, two text files each, or TSV files."""

    corpus: Literal["phrases"] | None = Field(None, description="The embedded Korean-English corpus, instead of files.")
    train_source: str | None = Field(
        None,
        description=(
            "Source text to train on, one sentence a line: a file, or a pattern such as part-*.ko. All text "
            "files may be compressed by gzip, bzip2, xz or zstd."
        ),
    )
    train_target: str | None = Field(None, description="Translation of train_source, line by line.")
    validation_source: str | None = Field(None, description="Source text to validate on.")
    validation_target: str | None = Field(None, description="Translation of validation_source, line by line.")
    train_pairs: str | None = Field(
        None,
        description=(
            "Tab-separated pairs to train on, instead of two text files: a file or a pattern. All rows must "
            "have as many columns as the first."
        ),
    )
    validation_pairs: str | None = Field(None, description="Tab-separated pairs to validate on.")
    source_column: int = Field(1, ge=1, description="Column of the source in tab-separated pairs, counted from 1.")
    target_column: int = Field(2, ge=1, description="Column of the target in tab-separated pairs, counted from 1.")
    held_out: float = Field(
        0.0,
        ge=0,
        le=0.25,
        description=(
            "Fraction of the training pairs held out for validation, and the same fraction again for test; "
            "at most 0.25. Pairs are split by target sentence. The test set is written to the model folder. "
            "Replaces validation files."
        ),
    )
    lowercase: bool = Field(False, description="Whether the vocabulary lower-cases all text.")
    source_language: str | None = Field(
        None, description='Language of the source, a BCP 47 tag such as "ko" or "zh-Hant".'
    )
    target_language: str | None = Field(None, description="Language of the target, a BCP 47 tag.")
    license: str | None = Field(None, description="Licence of the text, for the model card.")
    homepage: str | None = Field(
        None, description="Address of the source of the text, for the model card and the error about a missing file."
    )
    max_length: int = Field(256, ge=2, description="Longest sentence in training and translation, in tokens.")

    @pydantic.field_validator("source_language", "target_language")
    @classmethod
    def _language_tag(cls, tag):
        return None if tag is None else language_tag(tag)

    @pydantic.model_validator(mode="after")
    def _one_kind_of_input(self):
        given = [bool(self.corpus), bool(self.train_source or self.train_target), bool(self.train_pairs)]
        if sum(given) != 1:
            raise ValueError("give one of corpus, train_source with train_target, or train_pairs")
        if bool(self.train_source) != bool(self.train_target):
            raise ValueError("train_source and train_target must be given together")
        if bool(self.validation_source) != bool(self.validation_target):
            raise ValueError("validation_source and validation_target must be given together")
        if (self.train_pairs or self.validation_pairs) and self.source_column == self.target_column:
            raise ValueError(
                f"source_column and target_column must be different columns. Received: {self.source_column} for both"
            )
        validations = [bool(self.validation_source), bool(self.validation_pairs), self.held_out > 0, bool(self.corpus)]
        if sum(validations) != 1:
            raise ValueError(
                "give one of validation_source with validation_target, validation_pairs, or held_out (corpus has its "
                "own)"
            )
        return self


class VocabularySection(Section):
    """`[vocabulary]`: Learned from the training text, or given as files."""

    size: int | None = Field(
        None,
        ge=SMALLEST_VOCABULARY,
        description=(
            f"Number of tokens, including 4 special tokens and 256 bytes; at least {SMALLEST_VOCABULARY}. "
            "Default: by the number of lines, about 4,000 for 8,000 pairs and 8,000 for 30,000."
        ),
    )
    model_type: Literal["unigram", "bpe"] = Field("unigram", description="Kind of SentencePiece model.")
    shared: bool = Field(True, description="Whether source and target share one vocabulary.")
    sampling: float = Field(
        0.0, ge=0, le=1, description="Strength of subword regularisation in training. 0 disables it; 0.1 is usual."
    )
    normalization: Literal[NORMALIZATIONS] | None = Field(
        None,
        description=(
            "Normalisation of all text: nmt_nfkc (Unicode's NFKC, with spaces for invisible separators and "
            "without control characters), nfkc, nmt_nfkc_cf (nmt_nfkc with case folding) or identity "
            "(none). lowercase acts on the normalised text. With nmt_nfkc_cf set data.lowercase too; otherwise "
            "evaluation compares with cased references. Default for a learned vocabulary: nmt_nfkc."
        ),
    )
    user_defined_symbols: list[str] = Field(
        [],
        description=("Strings that are always one token each and are not normalised, such as placeholders and tags."),
    )
    character_coverage: float = Field(
        CHARACTER_COVERAGE,
        ge=SMALLEST_COVERAGE,
        le=1,
        description=(
            "Fraction of the text's characters that have tokens of their own. Rarer characters are spelled in bytes."
        ),
    )
    split_digits: bool = Field(False, description="Whether every digit is a token of its own.")
    file: str | None = Field(None, description="A SentencePiece model for both languages, instead of a learned one.")
    source_file: str | None = Field(None, description="A SentencePiece model for the source.")
    target_file: str | None = Field(None, description="A SentencePiece model for the target.")

    @property
    def is_learned(self):
        """Whether the vocabulary is learned, instead of given as files."""
        return not (self.file or self.source_file)

    def filled(self):
        """Returns this section with the default normalization, if the vocabulary is learned."""
        if self.normalization or not self.is_learned:
            return self
        return self.model_copy(update={"normalization": NORMALIZATIONS[0]})

    @pydantic.field_validator("user_defined_symbols")
    @classmethod
    def _symbols_fit(cls, symbols):
        try:
            return checked_symbols(symbols)
        except InputError as error:
            raise ValueError(str(error).removeprefix("`user_defined_symbols`: ")) from None

    @pydantic.model_validator(mode="after")
    def _learned_keys_fit(self):
        smallest = SMALLEST_VOCABULARY + len(self.user_defined_symbols)
        if self.size is not None and self.size < smallest:
            raise ValueError(
                f"size must be at least {smallest}, with {len(self.user_defined_symbols)} user_defined_symbols. "
                f"Received: size={self.size}"
            )
        if not self.is_learned:
            for key in ("normalization", "user_defined_symbols", "character_coverage", "split_digits"):
                if getattr(self, key) != type(self).model_fields[key].default:
                    raise ValueError(f"{key} needs a learned vocabulary; one from a file has its own")
        return self

    @pydantic.model_validator(mode="after")
    def _files_fit(self):
        if bool(self.source_file) != bool(self.target_file):
            raise ValueError("source_file and target_file must be given together")
        if self.file and self.source_file:
            raise ValueError("give either file or source_file with target_file")
        return self


class TrainingSection(Section):
    """`[training]`: Arguments of `model.compile` and `model.fit`."""

    epochs: int | None = Field(
        None, ge=1, description="Passes over the training pairs. Default: 20, unless steps is given."
    )
    steps: int | None = Field(None, ge=1, description="Optimizer steps, instead of epochs.")
    optimizer_steps_per_epoch: int | None = Field(
        None, ge=1, description="Optimizer steps of an epoch. Default: one pass over the pairs."
    )
    # Keras's `steps_per_epoch` counts batches, of which a step may take several.
    steps_per_epoch: int | None = Field(
        None, ge=1, exclude=True, description="Former name of optimizer_steps_per_epoch. Give one of the two."
    )
    batch_tokens: int = Field(
        4096, ge=1, description="Maximum number of tokens of a step on either side, including padding."
    )
    accumulation_steps: int = Field(
        1,
        ge=1,
        description=(
            "Number of parts of a step's batch, processed one after the other to save memory. The step is the same."
        ),
    )
    optimizer: Literal["adam", "muon"] = Field(
        "adam",
        description=(
            "adam, the paper's; or muon, which trains the matrices of the layers with Muon, and embeddings, "
            "biases and normalisation with Adam."
        ),
    )
    learning_rate: float | None = Field(
        None,
        gt=0,
        description=(
            "Peak learning rate, reached at warmup_steps. Default: the paper's, (hidden_dim * "
            f"warmup_steps)^-0.5, with {DEFAULT_WARMUP_STEPS:,} steps if warmup_steps is not given."
        ),
    )
    adam_lr_ratio: float = Field(1.0, gt=0, description="Adam's learning rate divided by Muon's, for optimizer muon.")
    warmup_steps: int | None = Field(
        None,
        ge=1,
        description=(
            f"Steps in which the learning rate rises. Default: a tenth of all steps, at most {DEFAULT_WARMUP_STEPS:,}."
        ),
    )
    decay: Literal[DECAYS] = Field(
        "inverse_sqrt",
        description=(
            "Decay of the learning rate after the warm-up: inverse_sqrt, or linear or cosine to 0 at the last step."
        ),
    )
    label_smoothing: float = Field(
        0.1, ge=0, lt=1, description="Fraction of the label's probability spread over the vocabulary."
    )
    concatenation: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Fraction of sentences joined with a neighbour, drawn anew each epoch. 0 disables it.",
    )
    bidirectional_epochs: int = Field(
        0,
        ge=0,
        description=(
            "Number of epochs at the beginning in which half of the pairs, drawn anew each epoch, are used "
            "in the reverse direction (target to source). 0 disables it. Deprecated: it did not improve any "
            "measured training; version 1.0 removes it."
        ),
    )
    word_dropout: float = Field(
        0.0,
        ge=0,
        lt=1,
        description=("Fraction of input tokens replaced by the unknown token, drawn anew each epoch. 0 disables it."),
    )
    r_drop: float = Field(
        0.0,
        ge=0,
        description=("Weight of the R-Drop divergence between two passes of each sentence. 0 disables it; 5 is usual."),
    )
    weight_decay: float = Field(
        0.0, ge=0, description="Fraction of the weights, times the learning rate, subtracted at each step."
    )
    clip_norm: float | None = Field(
        None, gt=0, description="Maximum global norm of the gradient. Default: no clipping."
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Seed of weights, dropout, shuffling and sampling.")
    average_checkpoints: int = Field(1, ge=1, description="Number of epochs whose weights are averaged at the end.")
    average_of: Literal["last", "best"] = Field(
        "last", description="Epochs that are averaged: the last, or the best by monitor of [evaluation]."
    )
    ema_momentum: float | None = Field(
        None, gt=0, lt=1, description="Momentum of a moving average of the weights, instead of average_checkpoints."
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        "float32",
        description=("Precision of the computation. auto is bfloat16 where the hardware supports it, else float32."),
    )
    jit_compile: bool = Field(
        False, description=("Whether XLA compiles the step. Batches are then padded to few shapes, each compiled once.")
    )
    save_every: int = Field(1000, ge=1, description="Steps between two saves within an epoch, for --resume.")
    tensorboard: bool = Field(
        False, description="Whether TensorBoard logs are written to tensorboard/ in the model folder."
    )

    @pydantic.model_validator(mode="after")
    def _keys_fit(self):
        _share_value(self, "optimizer_steps_per_epoch", "steps_per_epoch")
        if self.epochs and self.steps:
            raise ValueError("give either epochs or steps")
        if self.adam_lr_ratio != 1 and self.optimizer != "muon":
            raise ValueError('adam_lr_ratio needs optimizer = "muon"')
        if self.precision == "float16" and self.accumulation_steps > 1:
            raise ValueError("float16 excludes accumulation_steps: a part that overflows would be missing in its step")
        if not self.epochs and not self.steps:
            object.__setattr__(self, "epochs", 20)
        if self.ema_momentum and (self.average_checkpoints > 1 or self.average_of == "best"):
            raise ValueError("give either ema_momentum or average_checkpoints with average_of")
        if self.ema_momentum and self.accumulation_steps > 1:
            raise ValueError("ema_momentum excludes accumulation_steps: Keras would include every part in the average")
        return self

    def check_length(self, epochs):
        """Raises an `InputError` if `bidirectional_epochs` exceeds the number of epochs.

        Args:
            epochs: number of epochs of the training, or None if it is not known yet.
        """
        if epochs and self.bidirectional_epochs > epochs:
            raise InputError(
                "[training] bidirectional_epochs must be at most the number of epochs. Received: "
                f"bidirectional_epochs={self.bidirectional_epochs}, {epochs} epochs."
            )


class MinimumRiskSection(Section):
    """`[minimum_risk]`: After training, the model translates the training text and learns to prefer its better
    translations (minimum risk training, Shen et al. 2016; see `ExpectedRisk`).
    """

    epochs: int = Field(0, ge=0, description="Passes over the training pairs. 0 disables the stage.")
    candidates: int = Field(8, ge=2, description="Number of translations of each sentence, from a beam of that size.")
    batch_tokens: int = Field(
        4096,
        ge=1,
        description=("Maximum number of tokens of a step on either side, including all translations of a sentence."),
    )
    learning_rate: float = Field(
        3e-4,
        gt=0,
        description=("Peak learning rate, reached after a tenth of the steps. It falls to 0 at the last step."),
    )
    sharpness: float = Field(
        8.0, gt=0, description="How strongly the weight of a translation depends on its probability per token."
    )
    cross_entropy: float = Field(0.1, ge=0, description="Weight of the cross-entropy of the references.")
    chrf: float = Field(
        0.5,
        ge=0,
        le=1,
        description=("Weight of chrF in the quality of a translation. Sentence BLEU has the remaining weight."),
    )


# Values that can be monitored, and whether lower or higher values are better.
MONITORS = {
    "val_bleu": "max",
    "val_chrf": "max",
    "val_loss": "min",
    "val_perplexity": "min",
    "val_token_accuracy": "max",
}


class EvaluationSection(Section):
    """`[evaluation]`: Scores on the validation set during training, and the decisions that use them."""

    every: int = Field(
        0,
        ge=0,
        description=(
            "Number of epochs between two evaluations (BLEU and chrF on the validation set). 0 disables them."
        ),
    )
    every_steps: int | None = Field(
        None, ge=1, description="Number of optimizer steps between two evaluations, instead of every."
    )
    beam_size: int = Field(GREEDY.beam_size, ge=1, description="Beam size of the evaluations.")
    tokenize: Literal[TOKENIZERS] = Field("13a", description="sacreBLEU's tokenization. Use none for tokenised text.")
    at_end: bool = Field(
        True,
        description=(
            "Whether the trained model translates the validation set, at most 2,000 pairs, for the model card."
        ),
    )
    samples: int = Field(0, ge=0, description="Number of sentences whose translations are printed at each evaluation.")
    monitor: Literal[tuple(MONITORS)] = Field(
        "val_bleu", description="Score that ranks epochs: " + ", ".join(MONITORS) + "."
    )
    patience: int = Field(
        0,
        ge=0,
        description=(
            "Number of evaluations without improvement after which training stops. 0 disables early stopping."
        ),
    )
    # Not written, so that a recipe that was read can be written and read again.
    stop_after: int = Field(0, ge=0, exclude=True, description="Another name of patience. Give one of the two.")

    @property
    def search_settings(self):
        """The `SearchSettings` of the evaluations."""
        return SearchSettings(beam_size=self.beam_size)

    @property
    def translates(self):
        """Whether the validation set is translated."""
        return bool(self.every or self.every_steps)

    @property
    def monitors_translations(self):
        """Whether the monitored score is computed from translations."""
        return self.monitor in ("val_bleu", "val_chrf")

    def check_length(self, epochs, steps):
        """Raises an `InputError` if the training ends before the first evaluation.

        Args:
            epochs: number of epochs of the training, or None if it is not known yet.
            steps: number of its optimizer steps, or None if it is not known yet.
        """
        for name, every, length in [("epochs", self.every, epochs), ("steps", self.every_steps, steps)]:
            if every and length and every > length:
                raise InputError(
                    f"[evaluation]: the first evaluation is after {every:,} {name}, but the training has {length:,}."
                )

    @pydantic.model_validator(mode="after")
    def _keys_fit(self):
        if self.every and self.every_steps:
            raise ValueError("give either every or every_steps")
        given = _share_value(self, "patience", "stop_after")
        if self.patience and self.monitors_translations and not self.translates:
            raise ValueError(f"{given} needs every, or a monitor other than {self.monitor}")
        if self.samples and not self.translates:
            raise ValueError("samples needs every")
        return self
