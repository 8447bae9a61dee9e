import pathlib

from keras_transformer.errors import InputError
from keras_transformer.export.exporter import Exporter
from keras_transformer.export.onnx.activations import ACTIVATIONS
from keras_transformer.export.onnx.weights_file import WEIGHTS_NAME, WeightsFile
from keras_transformer.export.verification.artifact_runs import run_program
from keras_transformer.files.whole_files import write_json
from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID, UNKNOWN_ID
from keras_transformer.text.blank import BLANK_PATTERN

_RUNNER = pathlib.Path(__file__).with_name("onnx_runner.py")
_GRAPHS = ("encoder", "decoder")
SEARCH_NAME = "search.json"


class ONNXExporter(Exporter):
    """Exporter of graphs for onnxruntime: `encoder.onnx`, and `decoder.onnx` for one step with caches.

    Both refer to the weights in one file. The search is written by the user, such as `examples/onnx`.
    """

    name = "onnx"
    title = "ONNX"
    fixes_search = False
    rounds_activations = False
    packages = ("onnx", "onnxruntime")

    def check_files(self, files):
        """Raises an InputError if the format lacks the activation of the model."""
        super().check_files(files)
        _check_activation(files.config)

    def check_model(self, model):
        from keras_transformer.models.transformer_parts import transformer_parts  # noqa: PLC0415 (imports Keras)

        super().check_model(model)
        _check_activation(transformer_parts(model).config)

    def write(self, translator, artifact, settings):
        from keras_transformer.export.onnx.transformer_graphs import graphs_of_model  # noqa: PLC0415 (imports Keras)

        with open(artifact / WEIGHTS_NAME, "wb") as file:
            graphs = graphs_of_model(translator.model, WeightsFile(file))
            written = [getattr(graphs, name)() for name in _GRAPHS]
        for name, graph in zip(_GRAPHS, written, strict=True):
            graph.save(artifact / f"{name}.onnx")
        write_json(artifact / SEARCH_NAME, _search(translator, settings.max_length), indent=2)
        translator.tokenizers.save(artifact)

    def run(self, artifact, translator, texts, settings):
        return run_program(_RUNNER, artifact, texts, arguments={"max_length": settings.max_length})

    def operations(self, artifact):
        import onnx  # noqa: PLC0415 (an optional dependency)

        graphs = [onnx.load(artifact / f"{name}.onnx", load_external_data=False).graph for name in _GRAPHS]
        return sorted({node.op_type for graph in graphs for node in graph.node})

    def card(self, translator):
        config = translator.config
        caches = f"({config.num_decoder_layers}, batch, {config.num_heads}, length, "
        caches += f"{config.hidden_dim // config.num_heads})"
        return [
            "Graphs for onnxruntime. Both need `weights.bin` in the same folder.",
            "",
            "| graph | input | output |",
            "|---|---|---|",
            "| `encoder.onnx` | `source_ids` (batch, length) int64, padded with 0 | `cross_keys`, `cross_values`, "
            "`source_mask` |",
            "| `decoder.onnx` | `target_ids` (batch, steps) int64, the tokens after those in the caches; `keys`, "
            f"`values` float32 {caches}, of length 0 at first; the outputs of the encoder | `logits` (batch, steps, "
            f"{config.target_vocabulary_size}) float32; `new_keys`, `new_values` for the next step |",
            "",
            f"`{SEARCH_NAME}` has the special tokens and limits of the search. The repository of keras-transformer has",
            "a client with beam search in NumPy, `examples/onnx/translate_onnx.py`.",
            "",
            "A blank text, which has only spaces and invisible characters, and a text without tokens have no",
            "translation. Skip both. Otherwise, the model generates an arbitrary sentence.",
        ]


def _check_activation(config):
    if config.activation not in ACTIVATIONS:
        raise InputError(
            f"The format onnx has the activations {', '.join(ACTIVATIONS)}. Received: activation={config.activation!r}."
        )


def _search(translator, max_length):
    """Returns the content of `search.json`: the values that a search needs besides the graphs."""
    config, names = translator.config, translator.tokenizers.file_names
    return {
        "source_tokenizer": names[0],
        "target_tokenizer": names[1],
        "blank": BLANK_PATTERN,
        "start_ids": [START_ID, *([] if config.target_prefix is None else [config.target_prefix])],
        "end_id": END_ID,
        "never_generated": [PADDING_ID, UNKNOWN_ID, START_ID],
        "max_length": max_length,
        "length_factor": LENGTH_FACTOR,
        "length_margin": LENGTH_MARGIN,
    }
