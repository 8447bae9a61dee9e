"""Reads `config.json` of a folder of M2M100 or NLLB, and refuses what the library does not have."""

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_json
from keras_transformer.importing.generation_options import suppressed_tokens
from keras_transformer.importing.transformers_config import checked_config

_CONFIG_NAME = "config.json"
# Values of `M2M100Config` of Transformers for keys that a file does not have.
_DEFAULTS = {
    "vocab_size": 128112,
    "max_position_embeddings": 1024,
    **{"encoder_layers": 12, "encoder_ffn_dim": 4096, "encoder_attention_heads": 16},
    **{"decoder_layers": 12, "decoder_ffn_dim": 4096, "decoder_attention_heads": 16},
    "activation_function": "relu",
    "d_model": 1024,
    **{"dropout": 0.1, "attention_dropout": 0.1, "activation_dropout": 0.0},
    "decoder_start_token_id": 2,
    "eos_token_id": 2,
    "pad_token_id": 1,
    "scale_embedding": True,
    "share_encoder_decoder_embeddings": True,
    "tie_word_embeddings": True,
}
# Keys that change the architecture, and the only value that this library supports.
_FIXED = {
    "model_type": "m2m_100",
    "is_encoder_decoder": True,
    "is_decoder": False,
    "normalize_before": True,
    "normalize_embedding": False,
    "add_final_layer_norm": True,
    "add_bias_logits": False,
    "share_encoder_decoder_embeddings": True,
    "tie_word_embeddings": True,
    "quantization_config": None,
}


def read_m2m100_config(folder):
    """Reads `config.json` of a folder of M2M100 or NLLB.

    Args:
        folder: the folder, a `pathlib.Path`.

    Returns:
        `TransformersConfig`. The language is not counted in `max_length`. The first position follows the id of the
        padding token.

    Raises:
        InputError: the file is missing or damaged, or has an option that the library does not have.
    """
    path = folder / _CONFIG_NAME
    content = read_json(path)
    try:
        config = checked_config("M2M100", content, _DEFAULTS, _FIXED)
        padding_id = content.get("pad_token_id", _DEFAULTS["pad_token_id"])
        if not 0 <= padding_id < config.source_size:
            raise ValueError(
                f"`pad_token_id` must be from 0 to {config.source_size - 1}. Received: pad_token_id={padding_id}."
            )
        more = {"normalize_first": True, "first_position": padding_id + 1, "position_frequencies": "tensor2tensor"}
        config = config._replace(fields={**config.fields, **more, "max_length": config.num_positions - 1})
        config.transformer_config(config.source_size, config.target_size)  # Checks the ranges.
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: {error}") from None
    return config._replace(suppressed=suppressed_tokens(folder, config.end_id, has_direction=True))
