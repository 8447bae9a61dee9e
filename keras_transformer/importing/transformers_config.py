"""The config of a Hugging Face folder of an encoder-decoder Transformer."""

from typing import Any, NamedTuple

from keras_transformer.errors import short_repr
from keras_transformer.files.small_files import read_json
from keras_transformer.models.transformer_config import TransformerConfig

TOKENIZER_CONFIG = "tokenizer_config.json"
# Name of an activation in Transformers: Keras's name of the same function.
ACTIVATIONS = {
    "swish": "silu",
    **{name: name for name in ("silu", "relu", "gelu", "tanh", "sigmoid", "relu6", "mish")},
}


class TransformersConfig(NamedTuple):
    """The facts of a Hugging Face folder's `config.json`.

    Args:
        fields: the fields of `TransformerConfig` that do not depend on the vocabulary.
        source_size: number of rows of the source's table.
        target_size: number of rows of the target's table.
        is_shared: whether both languages have the same table.
        is_tied: whether the output projection is the target's table.
        is_scaled: whether embeddings are multiplied by the square root of the width.
        start_id: the first target id of the decoder.
        end_id: the id of the end token.
        kind: the kind of the folder in messages, such as "MarianMT".
        num_positions: number of positions.
        suppressed: ids of tokens that are never generated, a `frozenset`. Default: none.
    """

    fields: dict[str, Any]
    source_size: int
    target_size: int
    is_shared: bool
    is_tied: bool
    is_scaled: bool
    start_id: int
    end_id: int
    kind: str
    num_positions: int
    suppressed: frozenset[int] = frozenset()

    def transformer_config(self, source_tokens, target_tokens, **more):
        """Returns the `TransformerConfig` for vocabularies of these numbers of tokens, with `more` fields."""
        return TransformerConfig(
            vocabulary_size=source_tokens,
            target_vocabulary_size=target_tokens,
            share_embeddings=self.is_shared,
            share_output=self.is_tied and self.is_scaled,
            output_bias=True,
            **self.fields,
            **more,
        )


def read_tokenizer_config(folder):
    """Returns the content of `tokenizer_config.json`, a dictionary. It is empty if the folder lacks the file.

    Args:
        folder: the folder, a `pathlib.Path`.

    Raises:
        InputError: the file is damaged.
    """
    path = folder / TOKENIZER_CONFIG
    return read_json(path) if path.is_file() else {}


def checked_config(kind, content, defaults, fixed):
    """Checks the content of a `config.json` and returns the `TransformersConfig`.

    Args:
        kind: the kind of the folder in messages.
        content: the content, a dictionary.
        defaults: the value of each read key that a file may lack.
        fixed: the only supported value of each key that a file may have. `model_type` is required.

    Raises:
        ValueError: a value is not supported.
    """
    found = {**defaults, **content}
    if isinstance(found["eos_token_id"], list) and len(found["eos_token_id"]) == 1:
        (found["eos_token_id"],) = found["eos_token_id"]
    for key, only in fixed.items():
        if key == "model_type" or key in found:
            value = found.get(key)
            if type(value) is not type(only) or value != only:
                raise ValueError(f"`{key}` must be {_json(only)}. Received: {key}={short_repr(value)}.")
    for key, default in defaults.items():
        kinds = (int, float) if isinstance(default, float) else (type(default),)
        if type(found[key]) not in kinds:
            raise ValueError(f"`{key}` must be of type {kinds[-1].__name__}. Received: {key}={short_repr(found[key])}.")
    for name in ("ffn_dim", "attention_heads"):
        if found[f"encoder_{name}"] != found[f"decoder_{name}"]:
            raise ValueError(
                f"`encoder_{name}` and `decoder_{name}` must be equal. Received: {found[f'encoder_{name}']} and "
                f"{found[f'decoder_{name}']}."
            )
    if found["d_model"] % 2:
        raise ValueError(f"`d_model` must be even. Received: d_model={found['d_model']}.")
    if found["activation_function"] not in ACTIVATIONS:
        raise ValueError(
            f"`activation_function` must be one of {', '.join(ACTIVATIONS)}. Received: "
            f"activation_function={short_repr(found['activation_function'])}."
        )
    is_shared = found["share_encoder_decoder_embeddings"]
    target_size = None if is_shared else found.get("decoder_vocab_size")
    config = TransformersConfig(
        fields={
            "num_encoder_layers": found["encoder_layers"],
            "num_decoder_layers": found["decoder_layers"],
            "hidden_dim": found["d_model"],
            "intermediate_dim": found["encoder_ffn_dim"],
            "num_heads": found["encoder_attention_heads"],
            "dropout": found["dropout"],
            "attention_dropout": found["attention_dropout"],
            "intermediate_dropout": found["activation_dropout"],
            "activation": ACTIVATIONS[found["activation_function"]],
            "max_length": found["max_position_embeddings"],
        },
        source_size=found["vocab_size"],
        target_size=target_size or found["vocab_size"],
        is_shared=is_shared,
        is_tied=found["tie_word_embeddings"],
        is_scaled=found["scale_embedding"],
        start_id=found["decoder_start_token_id"],
        end_id=found["eos_token_id"],
        kind=kind,
        num_positions=found["max_position_embeddings"],
    )
    config.transformer_config(config.source_size, config.target_size)  # Checks the ranges.
    for key, token_id in (("decoder_start_token_id", config.start_id), ("eos_token_id", config.end_id)):
        if not 0 <= token_id < config.target_size:
            raise ValueError(f"`{key}` must be from 0 to {config.target_size - 1}. Received: {key}={token_id}.")
    return config


def _json(value):
    return {True: "true", False: "false", None: "null"}.get(value, value)
