"""The recipe of a training run: its sections and the checks across sections."""

from typing import Any, Self

import pydantic

from keras_transformer.models import TransformerConfig
from keras_transformer.recipes.precision import fastest_precision
from keras_transformer.recipes.sections import (
    DEFAULT_WARMUP_STEPS,
    OWN_MODEL_FIELDS,
    DataSection,
    EvaluationSection,
    MinimumRiskSection,
    ModelSection,
    Section,
    TrainingSection,
    VocabularySection,
)
from keras_transformer.text.learn_vocabulary import SMALLEST_VOCABULARY
from keras_transformer.text.placeholder_kinds import placeholder_symbols
from keras_transformer.text.target_tags import target_tag


class Recipe(Section):
    """A recipe: the sections that describe a training, from the text to the trained model.

    Example:

    >>> kt.recipes.load_recipe("phrases").vocabulary.model_type
    'bpe'
    """

    data: DataSection
    vocabulary: VocabularySection = VocabularySection()
    model: ModelSection = ModelSection()
    training: TrainingSection = TrainingSection()
    minimum_risk: MinimumRiskSection = MinimumRiskSection()
    evaluation: EvaluationSection = EvaluationSection()

    @pydantic.model_validator(mode="after")
    def _sections_fit(self):
        if self.has_architecture:
            self.check_sections()
        self.training.check_length(self.training.epochs)
        self.evaluation.check_length(self.training.epochs, self.training.steps)
        return self

    @property
    def symbols(self) -> list[str]:
        """The user-defined symbols of a learned vocabulary: those of the recipe, tags, and placeholders."""
        tags = [target_tag(target) for _, target in self.data.directions]
        placeholders = placeholder_symbols(self.data.placeholders)
        return list(dict.fromkeys([*self.vocabulary.user_defined_symbols, *tags, *placeholders]))

    @property
    def has_architecture(self) -> bool:
        """Whether the architecture is known. With `init_from` it is, after the folder was read."""
        return not self.training.init_from or all(getattr(self.model, name) is not None for name in OWN_MODEL_FIELDS)

    def check_sections(self) -> None:
        """Checks keys of different sections against each other.

        Raises:
            ValueError: keys exclude each other.
        """
        if self.training.batch_tokens < self.data.max_length:
            raise ValueError(
                "[training] batch_tokens must be at least [data] max_length, because a batch must have room for the "
                f"longest sentence. Received: batch_tokens={self.training.batch_tokens}, "
                f"max_length={self.data.max_length}"
            )
        fine_tunes = bool(self.training.init_from)
        if self.data.lowercase and not self.vocabulary.is_learned and not fine_tunes:
            raise ValueError("[data] lowercase needs a learned vocabulary; one from a file has its own normalisation")
        if self.vocabulary.source_file or not self.vocabulary.shared:
            for key, is_wanted in [
                # An imported model can have one embedding table for two vocabularies.
                ("[model] share_embeddings", self.model.share_embeddings and not fine_tunes),
                ("[training] bidirectional_epochs", self.training.bidirectional_epochs),
            ]:
                if is_wanted:
                    raise ValueError(f"{key} needs one vocabulary: [vocabulary] shared = true, or file")
        self._check_symbols()
        self._check_alignments()
        evaluation = self.evaluation
        if self.training.average_of == "best" and evaluation.monitors_translations and not evaluation.translates:
            raise ValueError(
                f'[training] average_of = "best" needs [evaluation] every, or a monitor other than {evaluation.monitor}'
            )
        self.model_config_of()

    def _check_alignments(self):
        """Raises a ValueError if keys do not support alignments, or if the model does not have the guided attention."""
        training, config = self.training, self.model_config_of()
        layer, head = training.guided_alignment_layer, training.guided_alignment_head
        if not self.data.train_alignments:
            if layer or head != type(training).model_fields["guided_alignment_head"].default:
                key = "guided_alignment_layer" if layer else "guided_alignment_head"
                raise ValueError(f"[training] {key} needs [data] train_alignments")
            return
        for key, value in (
            ("[data] placeholders", self.data.placeholders),
            ("[training] bidirectional_epochs", training.bidirectional_epochs),
        ):
            if value:
                raise ValueError(f"[data] train_alignments excludes {key}, which changes the words of the text")
        for key, value, name, most in (
            ("guided_alignment_layer", layer or 1, "num_decoder_layers", config.num_decoder_layers),
            ("guided_alignment_head", 1 if head == "mean" else head, "num_heads", config.num_heads),
        ):
            if value > most:
                raise ValueError(
                    f"[training] {key} must be at most [model] {name}. Received: {key}={value}, {name}={most}"
                )

    def _check_symbols(self):
        """Raises a ValueError if a key does not support the tags or the placeholders of a recipe."""
        smallest = SMALLEST_VOCABULARY + len(self.symbols)
        is_learned = self.vocabulary.is_learned and not self.training.init_from
        if is_learned and (self.vocabulary.size or smallest) < smallest:
            raise ValueError(
                f"[vocabulary] size must be at least {smallest}, with {len(self.symbols)} user-defined symbols, tags "
                f"and placeholders. Received: size={self.vocabulary.size}"
            )
        if self.minimum_risk.epochs and self.data.placeholders:
            raise ValueError("[minimum_risk] epochs does not support [data] placeholders. Remove one of them")
        if self.data.glossary and not self.data.placeholders and not self.training.init_from:
            raise ValueError('[data] glossary needs placeholders = ["term"]')
        if not self.data.directions:
            return
        for key, value in (
            ("[training] bidirectional_epochs", self.training.bidirectional_epochs),
            # Each row has one tag, at its beginning.
            ("[training] concatenation", self.training.concatenation),
            ("[training] word_dropout", self.training.word_dropout),
            ("[minimum_risk] epochs", self.minimum_risk.epochs),
        ):
            if value:
                raise ValueError(f"{key} needs one direction: [data] target_language as a text, not as a list")

    def filled(self) -> Self:
        """Returns this recipe with the defaults of the preset and of this machine.

        They are the fields of the model, `precision`, and the normalization of a learned vocabulary. `share_embeddings`
        is unchanged, because its default depends on the vocabularies.
        """
        config = self.model_config_of()
        fields = {name: getattr(config, name) for name in OWN_MODEL_FIELDS if name != "share_embeddings"}
        model, training = self.model.model_copy(update=fields), self.training
        if training.precision == "auto":
            training = training.model_copy(update={"precision": fastest_precision()})
        vocabulary = self.vocabulary if training.init_from else self.vocabulary.filled()
        return self.model_copy(update={"model": model, "training": training, "vocabulary": vocabulary})

    def as_run(self) -> dict[str, dict[str, Any]]:
        """Returns the sections as a model folder has them: with all defaults, and without keys that have no value.

        With `init_from`, the fields of the model are complete, so the preset has no meaning. Of the vocabulary, only
        the keys that the folder does not have are of this training.
        """
        sections = self.filled().model_dump(exclude_none=True)
        if self.training.init_from:
            sections["model"].pop("preset")
            sections["vocabulary"] = {key: sections["vocabulary"][key] for key in ("shared", "sampling")}
        return sections

    def with_schedule(self, total_steps: int) -> Self:
        """Returns this recipe with the defaults of `warmup_steps` and of `learning_rate`, which depends on it.

        Args:
            total_steps: number of optimizer steps of the training.
        """
        training = self.training
        if training.warmup_steps:
            return self
        fields = {"warmup_steps": min(DEFAULT_WARMUP_STEPS, max(1, total_steps // 10))}
        if not training.learning_rate:
            # The paper's formula would give a far too high rate for a short warm-up.
            hidden_dim = self.model_config_of().hidden_dim
            fields["learning_rate"] = (hidden_dim * DEFAULT_WARMUP_STEPS) ** -0.5
        return self.model_copy(update={"training": training.model_copy(update=fields)})

    def with_loss_rows(self, rows: int) -> Self:
        """Returns this recipe with a default of `loss_rows`.

        Args:
            rows: the default on this machine.
        """
        if self.training.loss_rows is not None:
            return self
        return self.model_copy(update={"training": self.training.model_copy(update={"loss_rows": rows})})

    def with_vocabulary_size(self, tokenizers: Any) -> Self:
        """Returns this recipe with the size of a shared, learned vocabulary.

        Args:
            tokenizers: the `Tokenizers`.
        """
        vocabulary = self.vocabulary
        if vocabulary.size or not vocabulary.shared or not vocabulary.is_learned or self.training.init_from:
            return self
        size = tokenizers.source.vocabulary_size
        return self.model_copy(update={"vocabulary": vocabulary.model_copy(update={"size": size})})

    def model_config_of(
        self, vocabulary_size: int | None = None, target_vocabulary_size: int | None = None
    ) -> TransformerConfig:
        """Returns the `TransformerConfig` of the recipe's model, with vocabularies of these sizes.

        The default size is that of the recipe, or the minimum if the size depends on the text.

        Raises:
            ValueError: keys of `[model]` exclude each other.
        """
        fields = self.model.model_dump(exclude_none=True)
        if not vocabulary_size and not self.vocabulary.size:
            # Ids of tokens cannot be checked without the vocabulary.
            fields = {name: value for name, value in fields.items() if not name.endswith("_prefix")}
        try:
            return TransformerConfig.from_preset(
                fields.pop("preset"),
                vocabulary_size=vocabulary_size or self.vocabulary.size or SMALLEST_VOCABULARY,
                target_vocabulary_size=target_vocabulary_size,
                max_length=self.data.max_length,
                **fields,
            )
        except ValueError as error:
            raise ValueError(f"[model] {error}") from None
