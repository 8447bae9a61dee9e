"""Reads a checkpoint of OpenNMT-tf 2."""

import pathlib

from keras_transformer.errors import InputError
from keras_transformer.importing.imported_folder import ImportedFolder
from keras_transformer.importing.opennmt_tf_description import DESCRIPTION_NAME, ModelOptions, read_description
from keras_transformer.importing.opennmt_tf_files import checkpoint_prefix, find_sides, run_folders
from keras_transformer.importing.opennmt_tf_vocabulary import opennmt_tf_vocabulary, read_tokens
from keras_transformer.importing.opennmt_tf_weights import OpenNMTTFWeights
from keras_transformer.importing.side_models import read_pieces
from keras_transformer.models import TransformerConfig
from keras_transformer.text import TextFacts
from keras_transformer.text.direction import Direction

# The sizes of the model types of OpenNMT-tf, and their numbers of heads: width, inner width.
_HEADS_OF_SIZES = {(64, 64): 2, (512, 2048): 8, (1024, 4096): 16}
# OpenNMT-tf has the first position 1, Keras's layer normalisation, and the frequencies of tensor2tensor.
_FIELDS = {"first_position": 1, "position_frequencies": "tensor2tensor", "layer_norm_epsilon": 1e-3}


class OpenNMTTFFolder(ImportedFolder):
    """A checkpoint of OpenNMT-tf 2, checked as far as possible without reading the weights. It runs no code of it.

    Args:
        checkpoint: path of a run with `checkpoint` and `ckpt-N.index`, or of one checkpoint, such as `run/ckpt-5000`.
        source_vocabulary, target_vocabulary: the vocabularies. Default: files of the folder.
        source_tokenizer, target_tokenizer: the SentencePiece models. Default: those of the folder that fit the
            vocabularies. Without one, tokens are separated by spaces.
        num_heads: number of attention heads. Default: that of `model_description.py`, or of the model type of the same
            size.
        activation: activation of the feed-forward networks. Default: that of `model_description.py`, or "relu".
        source_end: whether the source ends with the end token: `source_sequence_controls: {end: true}`. Default False,
            as in OpenNMT-tf.
        direction: the `Direction` of the model, for its `TextFacts`. Default: unknown.

    Raises:
        InputError: a file is missing, cut or damaged, the files do not match each other, or the model has an option
            that this library does not have. The message names the file.
    """

    def __init__(
        self,
        checkpoint,
        source_vocabulary=None,
        target_vocabulary=None,
        source_tokenizer=None,
        target_tokenizer=None,
        num_heads=None,
        activation=None,
        source_end=None,
        direction=None,
    ):
        prefix = checkpoint_prefix(pathlib.Path(checkpoint))
        folders = run_folders(prefix)
        given = [
            path and pathlib.Path(path)
            for path in (source_vocabulary, target_vocabulary, source_tokenizer, target_tokenizer)
        ]
        _check_given(given, folders[-1] / DESCRIPTION_NAME, activation)
        from keras_transformer.importing.checkpoint_file import CheckpointFile  # noqa: PLC0415 (imports TensorFlow)

        weights = OpenNMTTFWeights(CheckpointFile(prefix, "model"))
        options = _options(folders, weights, num_heads, activation, source_end, prefix)
        vocabulary = opennmt_tf_vocabulary(find_sides(folders, weights, given[:2], given[2:]), weights)
        dropouts = {"dropout": options.dropout, "attention_dropout": options.attention_dropout}
        dropouts["intermediate_dropout"] = options.ffn_dropout
        try:
            config = TransformerConfig(
                vocabulary_size=len(vocabulary.source.tokens),
                target_vocabulary_size=len(vocabulary.target.tokens),
                num_heads=options.num_heads,
                activation=options.activation or "relu",
                output_bias=weights.has_output_bias(vocabulary),
                source_end=bool(options.source_end),
                **{name: 0.1 if rate is None else rate for name, rate in dropouts.items()},
                **weights.fields,
                **_FIELDS,
            )
        except (ValueError, TypeError) as error:
            raise InputError(f"{prefix}: {error}") from None
        _, texts = (direction or Direction()).applied(config, vocabulary.tokenizers, TextFacts())
        super().__init__(weights, vocabulary, config, texts)


def _check_given(given, description, activation):
    """Reads the given vocabularies and SentencePiece models and the description, before TensorFlow is imported."""
    for path in filter(None, given[:2]):
        read_tokens(path)
    for path in filter(None, given[2:]):
        read_pieces(path)
    if description.is_file():
        read_description(description, activation)


def _options(folders, weights, num_heads, activation, source_end, prefix):
    """Returns the `ModelOptions`: given ones, then those of the description, then those of the size."""
    path = folders[-1] / DESCRIPTION_NAME
    options = read_description(path, activation) if path.is_file() else ModelOptions(activation=activation)
    if num_heads is None and options.num_heads is None:
        sizes = (weights.fields["hidden_dim"], weights.fields["intermediate_dim"])
        if path.is_file() or sizes not in _HEADS_OF_SIZES:
            found = f"{path} does not have it as a number" if path.is_file() else f"there is no {DESCRIPTION_NAME}"
            raise InputError(
                f"{prefix}: a checkpoint does not have the number of attention heads, and {found}. Give it: "
                "`num_heads`, in commands --num-heads."
            )
        num_heads = _HEADS_OF_SIZES[sizes]
    changes = {"num_heads": num_heads, "source_end": source_end}
    return options._replace(**{name: value for name, value in changes.items() if value is not None})
