from typing import Literal

import pydantic
from pydantic import Field

from keras_transformer.recipes.sections.section import Section
from keras_transformer.text.languages import language_tag


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
