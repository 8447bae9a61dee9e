"""`config.json` and `generation_config.json` of a model, and the models that neither of them can describe."""

from keras_transformer.errors import InputError
from keras_transformer.importing.transformers_config import ACTIVATIONS
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID, UNKNOWN_ID

# Name of an activation in this library: its name in Transformers. The first name is the one of OPUS-MT, "swish".
_ACTIVATIONS = {ours: theirs for theirs, ours in reversed(ACTIVATIONS.items())}
_EPSILON = 1e-5


def kind_of_model(config):
    """Returns the kind of folder for a model: "MarianMT", which is post-norm, or "Pegasus", which is pre-norm."""
    return "Pegasus" if config.normalize_first else "MarianMT"


def check_config(config):
    """Raises an InputError if the architecture in Transformers lacks an option of a `TransformerConfig`."""
    kind = kind_of_model(config)
    if config.activation not in _ACTIVATIONS:
        raise InputError(
            f"{kind} has the activations {', '.join(_ACTIVATIONS)}. Received: activation={config.activation!r}."
        )
    if abs(config.layer_norm_epsilon / _EPSILON - 1) > 1e-6:
        raise InputError(
            f"{kind} has the `layer_norm_epsilon` {_EPSILON}. Received: layer_norm_epsilon={config.layer_norm_epsilon}."
        )
    if config.hidden_dim % 2:
        raise InputError(f"{kind} needs an even `hidden_dim`. Received: hidden_dim={config.hidden_dim}.")
    if config.source_prefix is not None and config.target_prefix is None:
        raise InputError(
            f"{kind} has no `source_prefix`, which models of several directions have for the target language. "
            f"Received: source_prefix={config.source_prefix}. Use another format."
        )
    for name, only in (("source_prefix", None), ("target_prefix", None), ("first_position", 0)):
        if getattr(config, name) != only:
            raise InputError(
                f"{kind} has no `{name}`, which models imported from M2M100 and NLLB have. Received: "
                f"{name}={getattr(config, name)}. Use the folder that was imported."
            )
    if not config.source_end:
        raise InputError(
            f"{kind} attends to the end token of the source, and most models of OpenNMT-tf do not. Received: "
            "source_end=False."
        )
    if config.position_frequencies != "paper":
        raise InputError(
            f"{kind} has the `position_frequencies` of the paper. Received: "
            f"position_frequencies={config.position_frequencies!r}."
        )
    if config.target_vocabulary_size != config.vocabulary_size:
        raise InputError(
            f"{kind} needs one vocabulary for both languages. Received: two vocabularies of {config.vocabulary_size} "
            f"and {config.target_vocabulary_size} tokens. Train with [vocabulary] shared = true."
        )
    if config.normalize_first and not config.share_embeddings:
        raise InputError(
            "Pegasus has one embedding table for both languages. Received: share_embeddings=False. Train with [model] "
            "share_embeddings = true."
        )


def model_config(config):
    """Returns the content of `config.json`."""
    is_pegasus = config.normalize_first
    layers = {
        f"{side}_{name}": value
        for side, count in (("encoder", config.num_encoder_layers), ("decoder", config.num_decoder_layers))
        for name, value in (
            ("layers", count),
            ("attention_heads", config.num_heads),
            ("ffn_dim", config.intermediate_dim),
            ("layerdrop", 0.0),
        )
    }
    tables = {
        "decoder_vocab_size": config.target_vocabulary_size,
        "share_encoder_decoder_embeddings": config.share_embeddings,
    }
    return {
        "architectures": ["PegasusForConditionalGeneration" if is_pegasus else "MarianMTModel"],
        "model_type": "pegasus" if is_pegasus else "marian",
        "is_encoder_decoder": True,
        "vocab_size": config.vocabulary_size,
        **({} if is_pegasus else tables),
        "d_model": config.hidden_dim,
        **layers,
        "activation_function": _ACTIVATIONS[config.activation],
        "dropout": config.dropout,
        "attention_dropout": config.attention_dropout,
        "activation_dropout": config.intermediate_dropout,
        "max_position_embeddings": config.max_length,
        "scale_embedding": True,
        "tie_word_embeddings": config.share_output,
        **_special_tokens(),
        "torch_dtype": "float32",
    }


def generation_config(max_length):
    """Returns the content of `generation_config.json`: greedy search, as with `beam_size=1`.

    `max_length` counts the start token. The last token of a translation is always the end token.
    """
    return {
        **_special_tokens(),
        "forced_eos_token_id": END_ID,
        "suppress_tokens": [PADDING_ID, UNKNOWN_ID, START_ID],
        "max_length": max_length + 1,
        "num_beams": 1,
    }


def _special_tokens():
    return {
        "pad_token_id": PADDING_ID,
        "bos_token_id": START_ID,
        "eos_token_id": END_ID,
        "decoder_start_token_id": START_ID,
    }
