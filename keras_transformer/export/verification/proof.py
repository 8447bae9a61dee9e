from keras_transformer.errors import InputError
from keras_transformer.export.verification import artifact_runs
from keras_transformer.export.verification.verification import compare
from keras_transformer.models.quantized_layers import quantizations_of


class Proof:
    """Compares an artifact with its model; what the exporting functions call before they give it its name.

    Args:
        translator: the `Translator`.
        format: "saved_model", "tflite", "tflite text" or "ctranslate2".
        quantize: None, "float16" or "int8".
        settings: the `SearchSettings` of the artifact, with a `max_length`.
        pairs: a list of `(text, reference)`; a reference may be None.
        max_bleu_loss: the BLEU that a quantised artifact may lose. Default 0.3.
        report: called with the `Verification`, also where the artifact fails. Default None.
        progress: called with 1 after each text of the model's. Default None.
    """

    def __init__(self, translator, format, quantize, settings, pairs, max_bleu_loss=0.3, report=None, progress=None):
        if not pairs:
            raise InputError("A proof needs at least one text to compare on.")
        self.translator = translator
        self.format = format
        self.quantize = quantize
        self.settings = settings
        self.texts, self.references = (list(side) for side in zip(*pairs, strict=True))
        self.max_bleu_loss = max_bleu_loss
        self.report = report
        self.progress = progress

    def __call__(self, artifact):
        """The `Verification` of an artifact.

        Args:
            artifact: its path.

        Raises:
            ExportError: it does not run, or does not give what it should.
        """
        artifact_run = self._run(artifact)
        model_run = artifact_runs.run_model(self.translator, self.texts, self.settings, self.progress)
        quantizations = quantizations_of(self.translator.model).values()
        search = {name: getattr(self.settings, name) for name in ("beam_size", "length_penalty", "max_length")}
        verification = compare(
            model_run,
            artifact_run,
            self.texts,
            self.references,
            format=self.format,
            quantize=self.quantize,
            search=search,
            size=_size(artifact),
            operations=artifact_runs.operations(artifact),
            rounds_activations=self.format == "ctranslate2" and any(each.activations for each in quantizations),
        )
        if self.report is not None:
            self.report(verification)
        verification.check(self.max_bleu_loss)
        return verification

    def _run(self, artifact):
        max_length = self.settings.max_length
        if self.format == "saved_model":
            return artifact_runs.run_saved_model(artifact, self.texts)
        if self.format == "tflite":
            return artifact_runs.run_tflite(
                artifact, self.translator, self.texts, max_length, is_quantized=bool(self.quantize)
            )
        if self.format == "tflite text":
            return artifact_runs.run_tflite_text(artifact, self.texts)
        return artifact_runs.run_ctranslate2(artifact, self.translator, self.texts, max_length)


def _size(artifact):
    """Bytes of a file, or of all files in a folder."""
    files = [artifact] if artifact.is_file() else artifact.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
