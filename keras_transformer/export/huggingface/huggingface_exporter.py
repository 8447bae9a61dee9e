import pathlib

from keras_transformer.export.exporter import Exporter
from keras_transformer.export.huggingface.huggingface_config import (
    check_config,
    generation_config,
    kind_of_model,
    model_config,
)
from keras_transformer.export.huggingface.marian_tokenizer import write_marian_tokenizer
from keras_transformer.export.huggingface.tokenizer_json import write_tokenizer_json
from keras_transformer.export.verification.artifact_runs import run_program
from keras_transformer.files.whole_files import write_json
from keras_transformer.generation.search_limits import LENGTH_FACTOR, LENGTH_MARGIN
from keras_transformer.special_tokens import END_ID, PADDING_ID, START_ID, UNKNOWN_ID

_RUNNER = pathlib.Path(__file__).with_name("huggingface_runner.py")


class HuggingFaceExporter(Exporter):
    """Exporter of folders for Transformers, `AutoModelForSeq2SeqLM` and `AutoTokenizer`.

    A post-norm model becomes a `MarianMT` folder, and a pre-norm model a `Pegasus` folder with a `tokenizer.json`.
    Token ids are the same. Both need one vocabulary for both languages.
    """

    name = "huggingface"
    title = "Transformers"
    fixes_search = False
    rounds_activations = False
    packages = ("transformers", "torch")

    def check_files(self, files):
        """Raises an InputError if Transformers lacks an option of the model."""
        super().check_files(files)
        check_config(files.config)

    def check_model(self, model):
        from keras_transformer.models.transformer_parts import transformer_parts  # noqa: PLC0415 (imports Keras)

        super().check_model(model)
        check_config(transformer_parts(model).config)

    def write(self, translator, artifact, settings):
        from keras_transformer.export.huggingface.huggingface_weights import write_weights  # noqa: PLC0415 (slow)

        config, tokenizers = translator.config, translator.tokenizers
        special = {
            name: tokenizers.source.token(token_id)
            for name, token_id in (
                ("pad_token", PADDING_ID),
                ("unk_token", UNKNOWN_ID),
                ("bos_token", START_ID),
                ("eos_token", END_ID),
            )
        }
        more = {"model_max_length": settings.max_length, "clean_up_tokenization_spaces": False}
        # Names of special tokens in a text are text.
        more |= {"split_special_tokens": True, **special}
        if config.normalize_first:
            write_tokenizer_json(artifact, tokenizers)
            more = {"tokenizer_class": "PreTrainedTokenizerFast", **more}
        else:
            separate, texts = not config.share_embeddings, translator.texts
            write_marian_tokenizer(artifact, tokenizers, separate)
            languages = {"source_lang": texts.source_language, "target_lang": texts.target_language}
            more = {"tokenizer_class": "MarianTokenizer", "separate_vocabs": separate, **languages, **more}
        write_json(artifact / "tokenizer_config.json", more, indent=2)
        write_json(artifact / "config.json", model_config(config), indent=2)
        write_json(artifact / "generation_config.json", generation_config(settings.max_length), indent=2)
        write_weights(artifact / "model.safetensors", translator.model)

    def run(self, artifact, translator, texts, settings):
        limits = {
            "max_length": settings.max_length,
            "length_factor": LENGTH_FACTOR,
            "length_margin": LENGTH_MARGIN,
        }
        return run_program(_RUNNER, artifact, texts, translator.tokenizers, limits)

    def card(self, translator):
        return [
            f"A {kind_of_model(translator.config)} folder for Transformers:",
            "",
            "```python",
            "from transformers import AutoModelForSeq2SeqLM, AutoTokenizer",
            "",
            'tokenizer = AutoTokenizer.from_pretrained("PATH")',
            'model = AutoModelForSeq2SeqLM.from_pretrained("PATH")',
            'inputs = tokenizer(["a sentence"], return_tensors="pt", padding=True, truncation=True)',
            "found = model.generate(**inputs, num_beams=1)",
            "tokenizer.batch_decode(found, skip_special_tokens=True)",
            "```",
            "",
            "Token ids are those of the model. `num_beams=1` gives the translations of beam size 1. Larger beams",
            "differ, because Transformers divides the score by another length penalty.",
            "",
            "A blank text, which has only spaces and invisible characters, and a text without tokens have no",
            "translation. Skip both. Otherwise, the model generates an arbitrary sentence. `generate` does not limit a",
            "translation by the length of its source. Spaces at both ends of a translation are not written.",
        ]
