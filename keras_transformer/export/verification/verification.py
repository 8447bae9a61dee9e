import dataclasses
import statistics

from keras_transformer.errors import ExportError
from keras_transformer.metrics.text_scores import corpus_scores
from keras_transformer.version import __version__

_EXAMPLES = 3
_LONGEST_EXAMPLE = 60  # characters
# Far above what another order of float32 sums makes, about 1e-5.
_MOST_SCORE_DIFFERENCE = 1e-3


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verification:
    """How an artifact compares with the model it was made from, on the same texts.

    Args:
        format: the `label` of the `Exporter`, such as "tflite" or "tflite text".
        quantize: None for float32, "float16" or "int8".
        search: the `SearchSettings` of both, as a dictionary.
        sentences: number of texts.
        identical: how many of them have the same translation and, where the artifact tells them, the same tokens.
        differences: the first texts that have not, with both translations.
        greatest_score_difference: over all texts; None where the artifact tells no scores.
        bleu: BLEU of the model and of the artifact, from 0 to 100; None without references.
        bleu_signature: sacreBLEU's signature; None without references.
        bleu_sentences: number of texts that have a reference.
        milliseconds: the median per text of the model and of the artifact, each text alone in its batch.
        size: bytes of the artifact.
        operations: names of the operations in it, sorted; None where they are not known.
        rounds_activations: whether the model rounds activations, which the artifact does not. Default False.
        keras_transformer: the version that exported.
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
    def bleu_loss(self):
        """How much lower the artifact's BLEU is; None without references."""
        return None if self.bleu is None else self.bleu["model"] - self.bleu["artifact"]

    def check(self, max_bleu_loss):
        """Raises an ExportError unless float32 gave identical translations and scores, and a quantised artifact, or one
        of a model that rounds activations, lost little.

        Args:
            max_bleu_loss: what a quantised artifact may lose.
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
                    f"The translations are the model's, but their scores differ by up to "
                    f"{self.greatest_score_difference:.1e}; {_MOST_SCORE_DIFFERENCE:.0e} are allowed."
                )
        elif self.bleu is None:
            raise ExportError("A quantised artifact is judged by BLEU, and there are no references.")
        elif self.bleu_loss > max_bleu_loss:
            raise ExportError(
                f"The artifact's BLEU is {self.bleu_loss:.2f} lower than the model's; {max_bleu_loss} are allowed."
            )

    def to_dict(self):
        """The fields and the BLEU loss, as a dictionary that JSON can hold."""
        return {**dataclasses.asdict(self), "bleu_loss": self.bleu_loss}

    def rows(self):
        """The comparison as rows of three strings: what, of the model, of the artifact."""
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

    Args:
        model_run: the model's.
        artifact_run: the artifact's.
        texts: the texts.
        references: for each text its translation by a human, or None.
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
