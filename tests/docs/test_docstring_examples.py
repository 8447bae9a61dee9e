"""Every example of a docstring runs as printed.

The fixture `namespace` defines the names that the examples use. A statement without a printed result is only run.
An example with the comment `# not run here: REASON` is not run.
"""

import doctest
import importlib.util

import keras
import numpy as np
import pytest
import tensorflow as tf
from docstring_examples import docstring_examples, docstrings_with_code

import keras_transformer as kt

EXAMPLES = docstring_examples()
RUN = [example for example in EXAMPLES if example.is_run]
# The extra that an example needs.
NEEDS = {"text.sentences.split_sentences": "sentencex"}
NOT_RUN = {"data.row_service.RowService"}
# Examples that train or export for many seconds: `make test-all` runs them.
SLOW = {
    "callbacks.stop_after_steps.StopAfterSteps",
    "callbacks.epoch_checkpoints.EpochCheckpoints",
    "callbacks.stop_on_non_finite_loss.StopOnNonFiniteLoss",
    "callbacks.tokens_per_second.TokensPerSecond",
    "data.batch_rows.split_rows",
    "data.candidate_batches.candidate_batches",
    "export.ctranslate2.ctranslate2_exporter.export_ctranslate2",
    "export.exporter.Exporter",
    "export.saved_model.saved_model_exporter.export_saved_model",
    "export.tflite.tflite_exporter.export_tflite",
    "losses.expected_risk.ExpectedRisk",
    "losses.r_drop_cross_entropy.RDropCrossEntropy",
    "models.chunked_loss_model.ChunkedLossModel",
    "models.chunked_loss_model.with_chunked_loss",
    "models.guided_alignment_model.with_guided_alignment",
    "trainer.train.train",
    "trainer.train_recipe.train_recipe",
    "translator.export_mixin.ExportMixin.export_ctranslate2",
    "translator.export_mixin.ExportMixin.export_saved_model",
    "translator.export_mixin.ExportMixin.export_tflite",
}


class PrintedResults(doctest.OutputChecker):
    """Compares a result with the printed one, if there is one."""

    def check_output(self, want, got, optionflags):
        return not want or super().check_output(want, got, optionflags)


@pytest.fixture(scope="module")
def shared(learned, folder):
    """The names that all examples share."""
    tokenizer, model = learned
    pairs = kt.data.text_pairs(str(folder / "train.ko"), str(folder / "train.en"))
    validation_pairs = list(kt.data.text_of_pairs(pairs.take(8)))
    return {
        "kt": kt,
        "keras": keras,
        "np": np,
        "tf": tf,
        "tokenizer": tokenizer,
        "config": kt.models.transformer_parts(model).config,
        "model": model,
        "translator": kt.Translator.load(folder / "models" / "phrases"),
        "pairs": pairs,
        "validation_pairs": validation_pairs,
        "batches": kt.data.token_batches(pairs, tokenizer, steps_per_epoch=1),
        "validation_batches": kt.data.token_batches(
            kt.data.listed_pairs(validation_pairs), tokenizer, steps_per_epoch=1
        ),
    }


@pytest.fixture(scope="module")
def trained_weights(learned):
    return learned[1].get_weights()


@pytest.fixture
def namespace(shared, learned, trained_weights):
    """The names of an example. A model that an example changed is compiled and trained anew."""
    model, optimizer, loss = learned[1], learned[1].optimizer, learned[1].loss
    yield dict(shared)
    model.set_weights(trained_weights)
    if model.optimizer is not optimizer:
        model.compile(optimizer, loss=loss, jit_compile=False)


@pytest.mark.parametrize(
    "example",
    [pytest.param(each, id=str(each), marks=[pytest.mark.slow] if str(each) in SLOW else []) for each in RUN],
)
def test_it_runs_as_printed(example, namespace, folder, monkeypatch):
    if str(example) in NEEDS and not importlib.util.find_spec(NEEDS[str(example)]):
        pytest.skip(f"needs {NEEDS[str(example)]}")
    monkeypatch.chdir(folder)
    found = example.documented_object()
    namespace.setdefault(getattr(found, "__name__", ""), found)
    test = doctest.DocTestParser().get_doctest(example.text, namespace, str(example), str(example.path), example.line)
    assert test.examples
    report = []
    doctest.DocTestRunner(PrintedResults(), verbose=False, optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert not report, "".join(report)


def test_every_example_is_collected(capsys):
    collected = {(example.module, example.name) for example in EXAMPLES if example.has_code}
    assert docstrings_with_code() - collected == set(), "a prompt outside of `Example:`"
    assert [str(example) for example in EXAMPLES if not example.has_code] == []
    counts = f"{len(RUN)} examples of docstrings are run, {len(EXAMPLES) - len(RUN)} are not run here"
    with capsys.disabled():
        print(f"\n{counts}")
    assert {str(example) for example in EXAMPLES if not example.is_run} == NOT_RUN
    assert {str(example) for example in RUN} >= SLOW
