from typing import Annotated, Literal

import pydantic
from pydantic import Field

from keras_transformer.recipes.sections.section import Section
from keras_transformer.text.languages import language_tag
from keras_transformer.text.placeholder_kinds import KINDS, TERM

# Far above the ratio of any two corpora.
_LARGEST_WEIGHT = 1_000_000
_Columns = Annotated[int, Field(ge=1)] | Annotated[list[Annotated[int, Field(ge=1)]], Field(min_length=1)]
_Languages = str | Annotated[list[str], Field(min_length=1)]
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
    train_alignments: _Files | None = Field(
        None,
        description=(
            "Word alignments of the training pairs in the Pharaoh format, such as 0-0 1-2, one line for each pair: a "
            "file, a pattern, or a list for several corpora. Cross-attention is trained towards them (guided "
            "alignment): docs/alignments.md."
        ),
    )
    source_column: _Columns = Field(
        1,
        description="Column of the source of pairs in one table, counted from 1, or a list with one for each corpus.",
    )
    target_column: _Columns = Field(
        2,
        description="Column of the target of pairs in one table, counted from 1, or a list with one for each corpus.",
    )
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
    source_language: _Languages | None = Field(
        None,
        description=(
            'Language of the source, a BCP 47 tag such as "ko" or "zh-Hant", or a list with one for each corpus.'
        ),
    )
    target_language: _Languages | None = Field(
        None,
        description=(
            "Language of the target, a BCP 47 tag. A list with one for each corpus of train_source or train_pairs "
            "trains one model of several directions: each source begins with a tag of the target's language."
        ),
    )
    placeholders: list[Literal[KINDS]] = Field(
        [],
        description=(
            "Kinds of text that are written to the translation unchanged: url, email, number (numbers with units), tag "
            "(XML) and term (for glossaries). Symbols of the vocabulary stand for them: docs/terms.md."
        ),
    )
    placeholder_rate: float = Field(
        0.1,
        ge=0,
        le=1,
        description=(
            "Fraction of the training pairs in which a symbol of placeholders is inserted on both sides, drawn anew "
            "each epoch. The model learns from them to copy symbols that are rare in the text."
        ),
    )
    glossary: str | None = Field(
        None,
        description=(
            "Tab-separated terms and translations, for training with the placeholders of the kind term. They are "
            "replaced in pairs that have both."
        ),
    )
    glossary_rate: float = Field(
        0.5, ge=0, le=1, description="Fraction of these terms that are replaced, drawn anew each epoch."
    )
    license: str | None = Field(None, description="Licence of the text, for the model card.")
    homepage: str | None = Field(
        None, description="Address of the source of the text, for the model card and the error about a missing file."
    )
    max_length: int = Field(256, ge=2, description="Longest sentence in training and translation, in tokens.")

    @pydantic.field_validator("source_language", "target_language")
    @classmethod
    def _language_tag(cls, tag):
        if isinstance(tag, list):
            return [language_tag(each) for each in tag]
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
    def directions(self) -> list[tuple[str | None, str]]:
        """The source and target language of each training corpus. It is empty for a model without tags."""
        if not isinstance(self.target_language, list):
            return []
        given, num_corpora = self.source_language, len(self.target_language)
        sources: list[str | None] = [*given] if isinstance(given, list) else [given] * num_corpora
        return list(zip(sources, self.target_language, strict=True))

    def directions_of(self, split: str) -> list[tuple[str | None, str]]:
        """Returns the direction of each corpus of a split, "train" or "validation". See `directions`."""
        different = list(dict.fromkeys(self.directions))
        given = len(self.files(f"{split}_pairs") or self.files(f"{split}_source"))
        return self.directions if split == "train" or given == len(self.directions) else different

    def columns_of(self, split: str) -> list[tuple[int, int]]:
        """Returns the source and target column of each corpus of tab-separated pairs of a split."""
        given, trained = len(self.files(f"{split}_pairs")), len(self.files("train_pairs"))
        sides = (self.source_column, self.target_column)
        columns = list(zip(*(side if isinstance(side, list) else [side] * max(given, trained) for side in sides)))
        if split == "validation" and self.directions and given != trained:
            columns_by_direction = {}
            for direction, pair in zip(self.directions, columns):
                columns_by_direction.setdefault(direction, pair)
            columns = list(columns_by_direction.values())
        return columns[:given]

    @property
    def default_direction(self) -> tuple[str | None, str | None]:
        """The source and target language of the model, or of the first training corpus."""
        first = [
            value[0] if isinstance(value, list) else value for value in (self.source_language, self.target_language)
        ]
        return first[0], first[1]

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
        corpora = "train_source or train_pairs"
        self._check_length("weights", "number", "weights", corpora, num_corpora)
        self._check_alignments(num_corpora)
        for key in ("source_language", "target_language"):
            self._check_length(key, "language", "languages", corpora, num_corpora)
        self._check_columns(num_corpora)
        validations = [bool(self.validation_source), bool(self.validation_pairs), self.held_out > 0, bool(self.corpus)]
        if sum(validations) != 1:
            raise ValueError(
                "give one of validation_source with validation_target, validation_pairs, or held_out (corpus has its "
                "own)"
            )
        self._check_directions(num_corpora)
        if self.glossary and self.placeholders and TERM not in self.placeholders:
            raise ValueError(f'glossary needs "{TERM}" in placeholders. Received: placeholders={self.placeholders}')
        return self

    def _check_alignments(self, num_corpora):
        """Raises a ValueError if there is not a file of alignments for each corpus."""
        given, num_corpora = len(self.files("train_alignments")), num_corpora or 1
        if given not in (0, num_corpora):
            raise ValueError(
                f"train_alignments must have a file for each training corpus. Received: {given} files for "
                f"{num_corpora} corpora"
            )

    def _check_columns(self, num_corpora):
        """Raises a ValueError if the columns of tab-separated pairs do not fit the corpora."""
        for key in ("source_column", "target_column"):
            self._check_length(key, "column", "columns", "train_pairs", num_corpora)
        for split in ("train", "validation"):
            columns, given = self.columns_of(split), len(self.files(f"{split}_pairs"))
            if len(columns) != given:
                raise ValueError(
                    f"source_column and target_column need a column for each corpus of {split}_pairs. Received: "
                    f"{len(columns)} columns for {given} corpora"
                )
            for source, target in columns:
                if source == target:
                    raise ValueError(
                        f"source_column and target_column must be different columns. Received: {source} for both"
                    )

    def _check_length(self, key, item, items, corpora, num_corpora):
        """Raises a ValueError if a key is a list without an item for each corpus."""
        value = getattr(self, key)
        if isinstance(value, list) and len(value) != num_corpora:
            raise ValueError(
                f"{key} must have a {item} for each corpus of {corpora}. Received: {len(value)} {items} for "
                f"{num_corpora} corpora"
            )

    def _check_directions(self, num_corpora):
        """Raises a ValueError if the validation text does not fit several directions."""
        if not self.directions:
            return
        different = len(set(self.directions))
        if self.held_out and different == 1:
            return
        if self.held_out:
            raise ValueError(
                "held_out needs one direction, because the validation set of a direction could be in the training text "
                "of another. Give validation_source with validation_target, or validation_pairs"
            )
        num_given = len(self.files("validation_pairs") or self.files("validation_source"))
        if num_given not in (num_corpora, different):
            raise ValueError(
                f"validation_source or validation_pairs must have a corpus for each of the {num_corpora} training "
                f"corpora, or for each of the {different} directions in the order of their first corpus. Received: "
                f"{num_given}"
            )
