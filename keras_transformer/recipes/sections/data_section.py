from typing import Annotated, Literal

import pydantic
from pydantic import Field

from keras_transformer.recipes.sections.section import Section
from keras_transformer.text.languages import language_tag

# Far above the ratio of any two corpora.
_LARGEST_WEIGHT = 1_000_000
# A file or a pattern, or a list of them.
_Files = str | Annotated[list[str], Field(min_length=1)]


class DataSection(Section):
    """`[data]`: The sentence pairs. Give `corpus`, two text files each, or TSV files. A list has one entry for each
    corpus.
    """

    corpus: Literal["phrases"] | None = Field(None, description="The embedded Korean-English corpus, instead of files.")
    train_source: _Files | None = Field(
        None,
        description=(
            "Source text to train on, one sentence a line: a file, a pattern such as part-*.ko, or a list of them for "
            "several corpora. All text files may be compressed by gzip, bzip2, xz or zstd."
        ),
    )
    train_target: _Files | None = Field(None, description="Translation of train_source, line by line.")
    validation_source: _Files | None = Field(None, description="Source text to validate on.")
    validation_target: _Files | None = Field(None, description="Translation of validation_source, line by line.")
    train_pairs: _Files | None = Field(
        None,
        description=(
            "Tab-separated pairs to train on, instead of two text files: a file, a pattern, or a list for several "
            "corpora. All rows of a corpus must have as many columns as the first. Files that end in .parquet are "
            "Parquet files (extra parquet)."
        ),
    )
    weights: list[Annotated[int, Field(ge=1, le=_LARGEST_WEIGHT)]] | None = Field(
        None,
        description=(
            "Number of times that each pair of a corpus occurs in an epoch, a whole number for each corpus of "
            "train_source or train_pairs. Default: 1 for each. The corpora are mixed evenly over the epoch."
        ),
    )
    validation_pairs: _Files | None = Field(None, description="Tab-separated pairs, or a Parquet file, to validate on.")
    source_column: int = Field(1, ge=1, description="Column of the source of pairs in one table, counted from 1.")
    target_column: int = Field(2, ge=1, description="Column of the target of pairs in one table, counted from 1.")
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

    def files(self, key: str) -> list[str]:
        """Returns the files or patterns of a key, such as "train_source", one for each corpus."""
        value = getattr(self, key)
        return [value] if isinstance(value, str) else list(value or ())

    @property
    def weight_of_corpora(self) -> list[int]:
        """The weight of each training corpus. It is empty for the embedded corpus."""
        return self.weights or [1] * len(self.files("train_pairs") or self.files("train_source"))

    @property
    def is_mixed(self) -> bool:
        """Whether the pairs of an epoch are mixed from several corpora, or repeated."""
        return self.weight_of_corpora not in ([], [1])

    @pydantic.model_validator(mode="after")
    def _one_kind_of_input(self):
        given = [bool(self.corpus), bool(self.train_source or self.train_target), bool(self.train_pairs)]
        if sum(given) != 1:
            raise ValueError("give one of corpus, train_source with train_target, or train_pairs")
        if bool(self.train_source) != bool(self.train_target):
            raise ValueError("train_source and train_target must be given together")
        if bool(self.validation_source) != bool(self.validation_target):
            raise ValueError("validation_source and validation_target must be given together")
        for split in ("train", "validation"):
            numbers = [len(self.files(f"{split}_{side}")) for side in ("source", "target")]
            if numbers[0] != numbers[1]:
                raise ValueError(
                    f"{split}_source and {split}_target must have the same number of corpora. Received: {numbers[0]} "
                    f"and {numbers[1]}"
                )
        num_corpora = len(self.files("train_pairs") or self.files("train_source"))
        if self.weights is not None and len(self.weights) != num_corpora:
            raise ValueError(
                f"weights must have a number for each corpus of train_source or train_pairs. Received: "
                f"{len(self.weights)} weights for {num_corpora} corpora"
            )
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
