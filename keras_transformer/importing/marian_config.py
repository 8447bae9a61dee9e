"""Reads `config.json` of a MarianMT folder, and refuses what the library does not have."""

from keras_transformer.errors import InputError
from keras_transformer.files.small_files import read_json
from keras_transformer.importing.generation_options import suppressed_tokens
from keras_transformer.importing.transformers_config import checked_config

CONFIG_NAME = "config.json"
# Values of `MarianConfig` of Transformers for keys that a file does not have.
_DEFAULTS = {
    "vocab_size": 58101,
    "max_position_embeddings": 1024,
    **{"encoder_layers": 12, "encoder_ffn_dim": 4096, "encoder_attention_heads": 16},
    **{"decoder_layers": 12, "decoder_ffn_dim": 4096, "decoder_attention_heads": 16},
    "activation_function": "gelu",
    "d_model": 1024,
    **{"dropout": 0.1, "attention_dropout": 0.0, "activation_dropout": 0.0},
    "decoder_start_token_id": 58100,
    "eos_token_id": 0,
    "scale_embedding": False,
    "share_encoder_decoder_embeddings": True,
    "tie_word_embeddings": True,
}
# Keys that change the architecture, and the only value that this library supports.
_FIXED = {
    "model_type": "marian",
    "is_encoder_decoder": True,
    "is_decoder": False,
    "normalize_before": False,
    "normalize_embedding": False,
    "add_final_layer_norm": False,
    "add_bias_logits": False,
    "static_position_embeddings": True,
    "quantization_config": None,
}


def read_marian_config(folder):
    """Reads `config.json` of a MarianMT folder.

    Args:
        folder: the folder, a `pathlib.Path`.

    Returns:
        `TransformersConfig`.

    Raises:
        InputError: the file is missing or damaged, or has an option that the library does not have.
    """
    path = folder / CONFIG_NAME
    content = read_json(path)
    try:
        config = checked_config("MarianMT", content, _DEFAULTS, _FIXED)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: {error}") from None
    return config._replace(suppressed=suppressed_tokens(folder, config.end_id))
