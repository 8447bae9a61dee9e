import os
import pathlib

from keras_transformer.export import export_ctranslate2, export_saved_model, get_exporter
from keras_transformer.export.tflite.tflite_exporter import warn_of_text
from keras_transformer.generation import SearchSettings


class ExportMixin:
    """The methods of `Translator` that write artifacts."""

    def export_saved_model(
        self,
        path: str | os.PathLike,
        beam_size: int | None = None,
        length_penalty: float | None = None,
        n_best: int | None = None,
        max_length: int | None = None,
        settings: SearchSettings | None = None,
        prefix_signature: bool = False,
        jit: bool = False,
    ) -> pathlib.Path:
        """Writes a text-to-text SavedModel for TensorFlow Serving with fixed search settings.

        Its signatures are `serving_default` (`text` to `translation` and `score`), `n_best` (`translations`, `scores`)
        and `attention` (`translation`, `source_tokens`, `target_tokens`, `attention`). It includes warm-up requests.
        The configuration of the server is written to the folder of the versions.

        Args:
            path: the folder of the model, such as "saved_models/ko_en", for the next free version, or the folder of a
                version, such as "saved_models/ko_en/1", which must not exist.
            beam_size, length_penalty, n_best, max_length: a shorthand for `settings`. Default: those of
                `SearchSettings`.
            settings: `SearchSettings`. Default: those of the separate arguments.
            prefix_signature: whether the SavedModel has the signature `with_prefix`, see `SavedModelExporter`. Default
                False.
            jit: whether XLA compiles the search of single texts, see `SavedModelExporter`. Default False.

        Returns:
            The folder of the version, a `pathlib.Path`.

        Raises:
            InputError: an argument is out of range, the version exists already, or the folder cannot be written.
            ExportError: the SavedModel would have an operation that a standard server does not support.

        Example:

        >>> translator.export_saved_model("saved_models/ko_en", beam_size=2).name
        '1'
        """
        settings = SearchSettings.of(
            settings, beam_size=beam_size, length_penalty=length_penalty, n_best=n_best, max_length=max_length
        )
        return export_saved_model(self, path, settings, prefix_signature=prefix_signature, jit=jit)

    def export_tflite(
        self,
        path: str | os.PathLike,
        quantize: str | None = None,
        text: bool = False,
        beam_size: int | None = None,
        length_penalty: float | None = None,
        max_length: int | None = None,
        settings: SearchSettings | None = None,
        text_signature: bool | None = None,
    ) -> pathlib.Path:
        """Writes a TFLite file that includes the search, and the SentencePiece model in the same folder.

        The file maps token ids to token ids (`translate`) and texts to texts (`translate_text`), with built-in
        operations only.

        Args:
            path: the file, `NAME.tflite`. An existing file is replaced.
            quantize: None (default) for float32, "float16" for half of its size, "int8" for about a third.
            text: deprecated. True for texts with TensorFlow Text's operations, which the runtime then needs. Default
                False.
            beam_size, length_penalty, max_length: a shorthand for `settings`. Default: those of `SearchSettings`.
            settings: `SearchSettings`. Default: those of the separate arguments.
            text_signature: whether the file has the signatures for texts, such as `translate_text`. True needs
                vocabularies of the type unigram. Default None: if the vocabularies support it.

        Returns:
            The file, a `pathlib.Path`.

        Raises:
            InputError: an argument is out of range, the vocabulary does not support `text_signature`, or the file
                cannot be written.
            ExportError: TFLite does not support an operation of the model.

        Example:

        >>> translator.export_tflite("saved_models/ko_en.tflite", beam_size=2).name
        'ko_en.tflite'
        """
        if text:
            warn_of_text(stacklevel=3)
        settings = SearchSettings.of(
            settings, beam_size=beam_size, length_penalty=length_penalty, max_length=max_length
        )
        return get_exporter("tflite", quantize, text, text_signature).export(self, path, settings)

    def export_ctranslate2(self, path: str | os.PathLike, quantize: str | None = None) -> pathlib.Path:
        """Writes a folder for `ctranslate2.Translator`, including the SentencePiece models.

        Args:
            path: the folder. It must not exist yet.
            quantize: None (default) for float32, "float16" or "int8".

        Returns:
            The folder, a `pathlib.Path`.

        Raises:
            InputError: the package `ctranslate2` is missing, an argument is out of range, or the folder cannot be
                written.
            ExportError: CTranslate2 does not support the model.

        Example:

        >>> translator.export_ctranslate2("saved_models/ko_en-ctranslate2").name
        'ko_en-ctranslate2'
        """
        return export_ctranslate2(self, path, quantize)
