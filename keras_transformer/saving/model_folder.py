"""The folder of a trained model: config, tokenizers and weights. No file is pickled."""

from keras_transformer.errors import InputError
from keras_transformer.models import build_transformer
from keras_transformer.models.dtype_policy import merged_copy
from keras_transformer.models.quantization_note import QuantizationNote
from keras_transformer.models.quantized_layers import check_scales, has_lora, quantizations_of, quantize_layers
from keras_transformer.moved_modules import moved_names
from keras_transformer.saving.model_files import WEIGHTS_NAME, read_model_files
from keras_transformer.saving.weights_file import assign_weights, check_numbers, load_weights, weights_content
from keras_transformer.saving.written_folder import write_model_folder
from keras_transformer.text import Tokenizers

__getattr__ = moved_names(__name__)


def save_model_folder(path, model, config, source_tokenizer, target_tokenizer, texts=None, is_trained_here=False):
    """Writes a model folder.

    A kill at any moment leaves the old model, the new model, or a folder without a config, which cannot be loaded.
    Layers that Keras quantised to int8 or int4 stay quantised. Low-rank updates (LoRA) are added to the kernels.

    Args:
        path: the folder. It is created if it is missing.
        model: the Keras model whose weights are saved.
        config: its `TransformerConfig`.
        source_tokenizer: the source's `Tokenizer`.
        target_tokenizer: the target's `Tokenizer`. If it is the source's, one file is written for both.
        texts: the `TextFacts`. Default None.
        is_trained_here: whether `scores.json`, `history.csv` and `README.md` of the folder are of this model. Default
            False: if the folder has a model, they are removed.

    Raises:
        InputError: the saved model could not be loaded again. Nothing was overwritten.
    """

    def weights_and_note():
        note = QuantizationNote(quantizations_of(model))
        check_numbers(model)
        return weights_content(merged_copy(model) if has_lora(model) else model), note

    tokenizers = Tokenizers(source_tokenizer, target_tokenizer)
    write_model_folder(path, weights_and_note, config, tokenizers, texts, is_trained_here)


def load_model_folder(path):
    """Loads a model folder.

    Args:
        path: the folder.

    Returns:
        The Keras model, the source's `Tokenizer` and the target's.

    Raises:
        InputError: the folder is missing, incomplete or of a newer version, or its files do not match each other.
    """
    files = read_model_files(path)
    return load_model(files), files.tokenizers.source, files.tokenizers.target


def load_model(files):
    """Builds the Keras model of a model folder and loads its weights.

    Args:
        files: the `ModelFiles`.

    Raises:
        InputError: the weights file is damaged.
    """
    model = build_transformer(files.config)
    if not files.note:
        assign_weights(model, files.path / WEIGHTS_NAME)
        return model
    quantize_layers(model, files.note)
    load_weights(model, files.path / WEIGHTS_NAME)
    try:
        check_scales(model)
    except ValueError as error:
        raise InputError(f"{files.path / WEIGHTS_NAME}: {error}; the file is damaged.") from None
    return model
