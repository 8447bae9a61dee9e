"""The keys of a recipe that the model of `[training] init_from` determines."""

from keras_transformer.errors import InputError
from keras_transformer.models.transformer_config import CANONICAL_ACTIVATIONS, PRESET_FIELDS, PRESETS
from keras_transformer.recipes.sections import MODEL_FIELDS, ModelSection, VocabularySection
from keras_transformer.text.direction import Direction
from keras_transformer.text.target_tags import has_tags
from keras_transformer.trainer.recipe_inputs import check_alignments, check_placeholders, check_tags

# Fields of the model that a training can change: they have no weights.
FREE_MODEL_FIELDS = ("dropout", "attention_dropout", "intermediate_dropout")
# Keys of `[vocabulary]` that are compared with the vocabulary. Of the others, only `sampling` can be given.
_SIDES = ("source", "target")
_COMPARED_KEYS = ("size", "model_type", "shared")


def recipe_of_initial_model(recipe, model):
    """Returns a recipe with vocabulary, architecture, maximum length and languages of the model that it starts from.

    The dropout rates, `max_length`, `sampling` and the languages of the recipe take precedence. Other given keys must
    agree with the model.

    Args:
        recipe: a `Recipe` with `init_from`.
        model: its `InitialModel`.

    Raises:
        InputError: a given key contradicts the model, or keys exclude each other.
    """
    model = _directed(recipe.data, model)
    data = _data(recipe.data, model)
    vocabulary = _vocabulary(recipe.vocabulary, model.tokenizers)
    fields = _model_fields(recipe.model, model.config)
    settled = recipe.model_copy(update={"data": data, "vocabulary": vocabulary, "model": ModelSection(**fields)})
    try:
        settled.check_sections()
    except ValueError as error:
        raise InputError(f"{error}.") from None
    rank, width = recipe.training.lora_rank, model.config.hidden_dim
    if rank and rank > width:
        raise InputError(
            f"[training] lora_rank must be at most the width of the model of init_from, {width}. Received: {rank}."
        )
    return settled


def _directed(data, model):
    """Returns the `InitialModel` for the languages of a recipe. A multilingual model has a token for each."""
    if data.directions or has_tags(model.tokenizers, model.texts):
        return model
    languages = [(getattr(data, f"{side}_language"), getattr(model.texts, f"{side}_language")) for side in _SIDES]
    direction = Direction(*(given if given != known else None for given, known in languages))
    try:
        config, texts = direction.applied(model.config, model.tokenizers, model.texts)
    except InputError as error:
        raise InputError(f"[data] {error}") from None
    return model._replace(config=config, texts=texts)


def _data(data, model):
    tokenizers = (model.tokenizers.source, model.tokenizers.target)
    lowercase = all(tokenizer.is_lowercase for tokenizer in tokenizers)
    if "lowercase" in data.model_fields_set and data.lowercase != lowercase:
        raise _contradiction("data", "lowercase", data.lowercase, lowercase)
    fields = {"lowercase": lowercase}
    if "max_length" not in data.model_fields_set:
        fields["max_length"] = model.config.max_length
    for name in ("source_language", "target_language"):
        fields[name] = getattr(data, name) or getattr(model.texts, name)
    if has_tags(model.tokenizers, model.texts) and not isinstance(fields["target_language"], list):
        # The model has a tag for each language of the target.
        fields["target_language"] = [fields["target_language"]] * len(data.weight_of_corpora)
    if not data.placeholders:
        fields["placeholders"] = list(model.tokenizers.placeholder_kinds)
    settled = data.model_copy(update=fields)
    check_tags(settled, model.tokenizers.source, "[training] init_from")
    for tokenizer in tokenizers:
        check_placeholders(settled, tokenizer, "[training] init_from")
        check_alignments(settled, tokenizer, "[training] init_from")
    return settled


def _vocabulary(vocabulary, tokenizers):
    sides = (tokenizers.source, tokenizers.target)
    types = [tokenizer.model_type for tokenizer in sides]
    # A recipe has no name for the types of other programs.
    model_type = types[0] if types[0] in ("unigram", "bpe") else vocabulary.model_type
    found = {
        "size": [tokenizer.vocabulary_size for tokenizer in sides],
        "model_type": [*types, model_type],
        "shared": [tokenizers.is_shared],
    }
    defaults = VocabularySection().filled()
    for key in vocabulary.model_fields_set - {"sampling"}:
        value = getattr(vocabulary, key)
        if key in _COMPARED_KEYS:
            if value is not None and value not in found[key]:
                raise _contradiction("vocabulary", key, value, found[key][0])
        # The recipe that `train` writes into a model folder has the filled defaults.
        elif value not in (VocabularySection.model_fields[key].default, getattr(defaults, key)):
            raise InputError(
                f"[vocabulary] {key} cannot be given with [training] init_from, because the vocabulary is that of its "
                "model. Remove the key."
            )
    if vocabulary.sampling:
        for tokenizer in sides:
            tokenizer.check_sampling()
    fields = {"shared": tokenizers.is_shared, "sampling": vocabulary.sampling, "model_type": model_type}
    # Without a check: the size of an imported vocabulary can be below that of learned ones.
    return VocabularySection(**fields).model_copy(update={"size": max(found["size"])})


def _model_fields(section, config):
    given = {name: getattr(section, name) for name in section.model_fields_set if name in MODEL_FIELDS}
    given = {name: CANONICAL_ACTIVATIONS.get(value, value) for name, value in given.items() if value is not None}
    expected = dict(given)
    if "preset" in section.model_fields_set:
        expected = {**dict(zip(PRESET_FIELDS, PRESETS[section.preset], strict=True)), **given}
    for name, value in expected.items():
        if name not in FREE_MODEL_FIELDS and value != getattr(config, name):
            if name not in given:
                raise _contradiction("model", "preset", section.preset, f"{name} {getattr(config, name)}")
            raise _contradiction("model", name, value, getattr(config, name))
    # A recipe as run has the fields of imports only if the model does not have their default.
    return {name: value for name, value in config.to_dict().items() if name in MODEL_FIELDS} | given


def _contradiction(section, key, value, found):
    value, found = (str(each).lower() if isinstance(each, bool) else each for each in (value, found))
    return InputError(
        f"[{section}] {key} = {value} contradicts the model of [training] init_from, which has {found}. Remove the key."
    )
