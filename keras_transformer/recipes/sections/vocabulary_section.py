from typing import Literal

import pydantic
from pydantic import Field

from keras_transformer.errors import InputError
from keras_transformer.recipes.sections.section import Section
from keras_transformer.text.learn_vocabulary import (
    CHARACTER_COVERAGE,
    SMALLEST_COVERAGE,
    SMALLEST_VOCABULARY,
    checked_symbols,
)
from keras_transformer.text.normalization import NORMALIZATIONS


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
            "Fraction of the text's characters that have their own tokens. Rarer characters are spelled in bytes."
        ),
    )
    split_digits: bool = Field(False, description="Whether every digit is a separate token.")
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
