"""Tests of the side effects of `import keras_transformer`, each in a separate process."""

import importlib
import os
import pathlib
import subprocess
import sys

import keras
import pytest

import keras_transformer
from keras_transformer.moved_modules import MOVED, MOVED_NAMES

PACKAGE = pathlib.Path(keras_transformer.__file__).parent
MIGRATION = pathlib.Path(__file__).resolve().parents[1] / "docs" / "migration.md"
NO_SIDE_EFFECTS = """
import logging, os, signal, sys, threading, warnings

def state():
    signals = {number: signal.getsignal(number) for number in signal.valid_signals()}
    loggers = {name: getattr(logger, "level", None) for name, logger in logging.root.manager.loggerDict.items()}
    descriptors = [(os.fstat(number).st_dev, os.fstat(number).st_ino) for number in (0, 1, 2)]
    count = len(os.listdir("/dev/fd"))
    streams = sys.stdin, sys.stdout, sys.stderr
    return dict(os.environ), list(sys.argv), signals, loggers, logging.root.level, descriptors, count, streams, (
        warnings.showwarning, list(warnings.filters), threading.active_count(), sys.excepthook
    )

before = state()
import keras_transformer
assert state() == before
heavy = {"tensorflow", "tensorflow_text", "tensorflow_serving", "keras", "sacrebleu", "h5py", "jax"}
print(sorted(heavy & set(sys.modules)))
"""
# A finder that blocks imports of TensorFlow.
WITHOUT_TENSORFLOW = """
import importlib.abc, sys

class NoTensorFlow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "tensorflow_text", "tensorflow_serving"):
            raise ImportError(f"there is no {name}")

sys.meta_path.insert(0, NoTensorFlow())
"""
TRAINS_ON_JAX = """
import numpy as np
import keras_transformer as kt
import keras

assert keras.backend.backend() == "jax"
config = kt.TransformerConfig.from_preset("tiny", vocabulary_size=50, num_encoder_layers=1, num_decoder_layers=1)
model = kt.build_transformer(config)
model.compile(
    keras.optimizers.Adam(kt.schedules.WarmupSchedule(peak=0.002, warmup_steps=4)),
    loss=kt.losses.SmoothedCrossEntropy(0.1),
    metrics=[kt.metrics.Perplexity(), kt.metrics.TokenAccuracy()],
)
ids = np.random.default_rng(0).integers(4, 50, (32, 7))
history = model.fit({"source_ids": ids, "target_ids": np.roll(ids, 1, axis=1)}, ids, epochs=6, verbose=0).history
assert history["loss"][-1] < history["loss"][0], history
assert isinstance(kt.layers.MultiHeadSelfAttention(2), keras.layers.Layer)
print([name for name in sys.modules if name.partition(".")[0] == "tensorflow"])
"""


def run(script, *arguments, **environment):
    result = subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_importing_changes_nothing_and_imports_nothing_large():
    assert run(NO_SIDE_EFFECTS) == "[]"


def test_the_list_of_bundled_recipes_needs_neither_keras_nor_tensorflow():
    script = "import sys; from keras_transformer.cli.main import main; main(['recipes'])"
    output = run(f"{script}; print(sorted({{'keras', 'tensorflow'}} & set(sys.modules)))")
    assert "\nphrases " in output
    assert output.endswith("\n[]")


def test_layers_losses_metrics_and_schedules_train_without_tensorflow():
    assert run(WITHOUT_TENSORFLOW + TRAINS_ON_JAX, KERAS_BACKEND="jax") == "[]"


@pytest.mark.slow
@pytest.mark.parametrize(
    "imports",
    [
        "import keras_transformer, keras",
        pytest.param("import keras, keras_transformer", marks=pytest.mark.slow),
        pytest.param(
            "import keras_transformer.losses, keras_transformer, keras; keras_transformer.losses",
            marks=pytest.mark.slow,
        ),
        pytest.param("import keras_transformer as kt, keras; kt.text", marks=pytest.mark.slow),
    ],
)
def test_keras_loads_a_saved_model_in_any_order_of_imports(imports, tiny_model, tmp_path):
    tiny_model.save(tmp_path / "model.keras")
    script = f"import sys; {imports}; print(keras.models.load_model(sys.argv[1]).count_params())"
    assert run(script, tmp_path / "model.keras") == str(tiny_model.count_params())


def test_every_public_name_exists():
    assert sorted(keras_transformer.__all__) == keras_transformer.__all__
    for name in keras_transformer.__all__:
        assert getattr(keras_transformer, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        keras_transformer.no_such_name  # noqa: B018


def test_moved_modules_keep_their_old_names():
    script = f"""
import importlib, warnings
for old, new in {MOVED!r}.items():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        module = importlib.import_module("keras_transformer." + old)
    messages = [str(one.message) for one in caught if one.category is DeprecationWarning]
    new_name = "keras_transformer." + new
    assert any("to " + new_name + ". " in message for message in messages), (old, messages)
    target = importlib.import_module(new_name)
    for name in [name for name in vars(target) if not name.startswith("_")]:
        assert getattr(module, name) is getattr(target, name), (old, name)
import keras_transformer
print(keras_transformer.evaluation.corpus_scores(["a b c d"], ["a b c d"])["bleu"])
from keras_transformer.export.saved_model import export_saved_model
from keras_transformer.export.tflite import export_tflite
from keras_transformer.data.phrases import phrase_splits
from keras_transformer.export.ctranslate2_format import export_ctranslate2
"""
    assert run(script) == "100.0"


@pytest.mark.parametrize(("module", "place", "names"), MOVED_NAMES)
def test_moved_names_keep_working(module, place, names):
    found, target = (importlib.import_module(f"keras_transformer.{name}") for name in (module, place))
    for name in names.split():
        with pytest.warns(
            DeprecationWarning, match=rf"{module}\.{name} has moved to keras_transformer\.{place}\.{name}\."
        ):
            assert getattr(found, name) is getattr(target, name)
    with pytest.raises(AttributeError, match="no_such_name"):
        found.no_such_name  # noqa: B018


def test_the_page_has_every_old_name():
    rows = MIGRATION.read_text(encoding="utf-8").splitlines()
    expected = [f"| `keras_transformer.{old}` | `keras_transformer.{new}` | 1.0 |" for old, new in MOVED.items()]
    for module, place, names in MOVED_NAMES:
        names = ", ".join(f"`{name}`" for name in names.split())
        expected.append(f"| {names} of `keras_transformer.{module}` | `keras_transformer.{place}` | 1.0 |")
    assert [row for row in expected if row not in rows] == []


def test_every_moved_module_is_where_the_table_says():
    for old, new in MOVED.items():
        path = PACKAGE / new.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file(), new
        assert not (PACKAGE / old.replace(".", "/")).with_suffix(".py").exists(), old


def test_the_first_import_of_keras_leaves_no_trace(tmp_path):
    script = "import sys, keras_transformer, keras; print(keras.__spec__.loader.__class__.__name__, sys.meta_path)"
    found = run(script)
    assert found.startswith("SourceFileLoader")
    assert "_KerasFinder" not in found
    assert keras.__version__
