from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keras_transformer.errors import InputError
from keras_transformer.export.exporter import Exporter
from keras_transformer.export.exporters import get_exporter
from keras_transformer.export.verification.model_run import run_model
from keras_transformer.export.verification.verification import Verification, compare
from keras_transformer.models.ensemble import models_of
from keras_transformer.models.quantized_layers import quantizations_of

if TYPE_CHECKING:
    from keras_transformer.generation.search_settings import SearchSettings
    from keras_transformer.translator import Translator


class Proof:
    """Compares an artifact with its model. The export functions call it before they rename the artifact.

    Args:
        translator: the `Translator`.
        format: the `Exporter`; or the name of a format, such as "saved_model", or "tflite text".
        quantize: None, "float16" or "int8". An `Exporter` has its own value.
        settings: the `SearchSettings` of the artifact, with a `max_length`.
        pairs: a list of `(text, reference)`; a reference may be None.
        max_bleu_loss: maximum loss of BLEU of a quantised artifact. Default 0.3.
        report: called with the `Verification`, also if the artifact fails. Default None.
        progress: called with 1 after each text of the model. Default None.
    """

    def __init__(
        self,
        translator: "Translator",
        format: Exporter | str,
        quantize: str | None,
        settings: "SearchSettings",
        pairs: Sequence[tuple[str, str | None]],
        max_bleu_loss: float = 0.3,
        report: Callable[[Verification], object] | None = None,
        progress: Callable[[int], object] | None = None,
    ):
        if not pairs:
            raise InputError("A proof needs at least one text for the comparison.")
        self.translator = translator
        self.exporter = format if isinstance(format, Exporter) else get_exporter(format, quantize)
        self.settings = self.exporter.proof_settings(settings)
        self.texts, self.references = (list(side) for side in zip(*pairs, strict=True))
        if self.exporter.drops_nul:
            self.texts = [text.replace("\0", "") for text in self.texts]
        self.max_bleu_loss = max_bleu_loss
        self.report = report
        self.progress = progress

    def __call__(self, artifact: Path) -> Verification:
        """Compares an artifact with the model and returns the `Verification`.

        Args:
            artifact: its path, a `pathlib.Path`.

        Raises:
            ExportError: the artifact does not run, or its results differ from the model's.
        """
        exporter = self.exporter
        artifact_run = exporter.run(artifact, self.translator, self.texts, self.settings)
        model_run = run_model(self.translator, self.texts, self.settings, self.progress, exporter.masks_placeholders)
        models = models_of(self.translator.model)
        quantizations = [each for model in models for each in quantizations_of(model).values()]
        verification = compare(
            model_run,
            artifact_run,
            self.texts,
            self.references,
            format=exporter.label,
            quantize=exporter.quantize,
            search=self.settings.described(),
            size=_size(artifact),
            operations=exporter.operations(artifact),
            rounds_activations=not exporter.rounds_activations and any(each.activations for each in quantizations),
        )
        if self.report is not None:
            self.report(verification)
        verification.check(self.max_bleu_loss)
        return verification


def _size(artifact):
    """Returns the size in bytes of a file, or of all files in a folder."""
    files = [artifact] if artifact.is_file() else artifact.rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())
