import dataclasses
import statistics
from typing import Any

from keras_transformer.errors import ExportError
from keras_transformer.metrics.text_scores import corpus_scores
from keras_transformer.version import __version__

_EXAMPLES = 3
_LONGEST_EXAMPLE = 60  # characters
# Far above the effect of the order of float32 sums, about 1e-5.
_MOST_SCORE_DIFFERENCE = 1e-3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verification:
    """The comparison of an artifact with its model on the same texts.

    Args:
        format: the `label` of the `Exporter`, such as "tflite" or "tflite text".
        quantize: None for float32, "float16" or "int8".
        search: the `SearchSettings` of both, as a dictionary.
        sentences: number of texts.
        identical: number of texts with the same translation and, if the artifact returns tokens, the same tokens.
        differences: the first texts with different translations, with both translations.
        greatest_score_difference: maximum over all texts, or None if the artifact does not return scores.
        bleu: BLEU of the model and of the artifact, from 0 to 100; None without references.
        bleu_signature: sacreBLEU's signature; None without references.
        bleu_sentences: number of texts that have a reference.
        milliseconds: median time per text of the model and of the artifact, with batches of one text.
        size: size of the artifact in bytes.
        operations: names of the operations in it, sorted; None if they are unknown.
        rounds_activations: whether the model rounds activations and the artifact does not. Default False.
        keras_transformer: version of keras-transformer that exported the artifact.
    """

    format: str
    quantize: str | None
    search: dict
    sentences: int
    identical: int
    differences: list
    greatest_score_difference: float | None
    bleu: dict | None
    bleu_signature: str | None
    bleu_sentences: int
    milliseconds: dict
    size: int
    operations: list | None
    rounds_activations: bool = False
    keras_transformer: str = __version__

    @property
    def bleu_loss(self) -> float | None:
        """BLEU of the model minus BLEU of the artifact, or None without references."""
        return None if self.bleu is None else self.bleu["model"] - self.bleu["artifact"]

    def check(self, max_bleu_loss: float) -> None:
        """Raises an ExportError if a float32 artifact has other translations or scores, or if BLEU is too low.

        BLEU is checked for a quantised artifact and for a model that rounds activations.

        Args:
            max_bleu_loss: maximum loss of BLEU.
        """
        if not self.quantize and not self.rounds_activations:
            if self.identical < self.sentences:
                first = {name: text[:_LONGEST_EXAMPLE] for name, text in self.differences[0].items()}
                raise ExportError(
                    f"{self.sentences - self.identical} of {self.sentences} translations differ from the model's. The "
                    f"first is of {first['text']!r}: {first['artifact']!r} instead of {first['model']!r}"
                    f"{' (in other tokens)' if first['artifact'] == first['model'] else ''}."
                )
            if (self.greatest_score_difference or 0.0) > _MOST_SCORE_DIFFERENCE:
                raise ExportError(
                    f"The translations are identical to the model's, but their scores differ by up to "
                    f"{self.greatest_score_difference:.1e}; {_MOST_SCORE_DIFFERENCE:.0e} are allowed."
                )
        elif self.bleu is None:
            raise ExportError("A quantised artifact is checked by BLEU, but there are no references.")
        elif self.bleu_loss > max_bleu_loss:
            raise ExportError(
                f"The artifact's BLEU is {self.bleu_loss:.2f} lower than the model's; {max_bleu_loss} are allowed."
            )

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields and the BLEU loss as a dictionary for JSON."""
        return {**dataclasses.asdict(self), "bleu_loss": self.bleu_loss}

    def rows(self) -> list[tuple[str, str, str]]:
        """Returns the comparison as rows of three strings: quantity, value of the model, value of the artifact."""
        bleu = self.bleu or {"model": None, "artifact": None}
        return [
            ("", "model", "artifact"),
            ("sentences", f"{self.sentences}", f"{self.sentences}"),
            ("identical translations", "", f"{self.identical} of {self.sentences}"),
            ("greatest score difference", "", _number(self.greatest_score_difference, ".1e")),
            (
                f"BLEU ({self.bleu_sentences} references)",
                *(_number(bleu[side], ".2f") for side in ("model", "artifact")),
            ),
            ("median ms per sentence", *(f"{self.milliseconds[side]:.1f}" for side in ("model", "artifact"))),
            ("bytes", "", f"{self.size:,}"),
            ("different operations", "", "-" if self.operations is None else f"{len(self.operations)}"),
        ]


def compare(model_run, artifact_run, texts, references, **fields):
    """Compares two `Run`s of the same texts.

    A translation is identical if the text is the same and, if the artifact returns tokens, the tokens are the same.
    Scores are compared by their greatest absolute difference, if the artifact returns them.

    Args:
        model_run: the `Run` of the model.
        artifact_run: the `Run` of the artifact.
        texts: the texts.
        references: the human translation of each text, or None.
        **fields: the other fields of the `Verification`.
    """
    is_same = [
        model_run.translations[index] == artifact_run.translations[index]
        and (artifact_run.tokens is None or model_run.tokens[index] == artifact_run.tokens[index])
        for index in range(len(texts))
    ]
    different = [index for index, same in enumerate(is_same) if not same]
    scores = {"model": None, "artifact": None}
    with_reference = [index for index, reference in enumerate(references) if reference is not None]
    for side, run in (("model", model_run), ("artifact", artifact_run)):
        if with_reference:
            scores[side] = corpus_scores(
                [run.translations[index] for index in with_reference], [references[index] for index in with_reference]
            )
    return Verification(
        sentences=len(texts),
        identical=sum(is_same),
        differences=[
            {"text": texts[index], "model": model_run.translations[index], "artifact": artifact_run.translations[index]}
            for index in different[:_EXAMPLES]
        ],
        greatest_score_difference=None
        if artifact_run.scores is None
        else max(abs(one - other) for one, other in zip(model_run.scores, artifact_run.scores, strict=True)),
        bleu={side: score["bleu"] for side, score in scores.items()} if with_reference else None,
        bleu_signature=scores["model"]["signature"] if with_reference else None,
        bleu_sentences=len(with_reference),
        milliseconds={
            "model": statistics.median(model_run.milliseconds),
            "artifact": statistics.median(artifact_run.milliseconds),
        },
        **fields,
    )


def _number(value, form):
    return "-" if value is None else f"{value:{form}}"
