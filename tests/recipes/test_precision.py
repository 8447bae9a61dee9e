import keras
import pytest
import tensorflow as tf

from keras_transformer.errors import InputError
from keras_transformer.recipes import load_recipe, precision, save_recipe
from keras_transformer.recipes.precision import fastest_precision
from keras_transformer.trainer.training_checks import check_before_training

AUTO = '[data]\ncorpus = "phrases"\n[training]\nprecision = "auto"\n'


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("avx2 avx512f avx512_vnni avx512_bf16", "bfloat16"),
        ("avx2 amx_bf16 amx_tile", "bfloat16"),
        ("avx2 avx512f avx512_vnni", "float32"),
        ("", "float32"),
    ],
)
def test_a_processor_with_products_of_bfloat16_gets_bfloat16(monkeypatch, flags, expected):
    monkeypatch.setattr(precision, "_cpu_flags", lambda: set(flags.split()))
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    assert fastest_precision() == expected


@pytest.mark.parametrize(("capability", "expected"), [((8, 0), "bfloat16"), ((7, 5), "float32"), (None, "float32")])
def test_a_gpu_counts_before_the_processor(monkeypatch, capability, expected):
    details = {} if capability is None else {"compute_capability": capability}
    monkeypatch.setattr(precision, "_cpu_flags", lambda: {"avx512_bf16"})
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: details)
    assert fastest_precision() == expected


def test_jax_is_not_asked_for_its_devices(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr(precision, "_cpu_flags", lambda: {"avx512_bf16"})
    assert fastest_precision() == "float32"


def test_a_recipe_as_run_says_which_precision_it_was(tmp_path):
    (tmp_path / "recipe.toml").write_text(AUTO, encoding="utf-8")
    recipe = load_recipe(tmp_path / "recipe.toml")
    assert recipe.filled().training.precision == fastest_precision()
    save_recipe(recipe, tmp_path / "as_run.toml")
    assert load_recipe(tmp_path / "as_run.toml").training.precision == fastest_precision()


@pytest.mark.parametrize("before", ["float32", "bfloat16"])
def test_a_training_is_resumed_in_the_precision_that_it_had(tmp_path, before):
    (tmp_path / "recipe.toml").write_text(AUTO, encoding="utf-8")
    model = tmp_path / "model"
    save_recipe(load_recipe(tmp_path / "recipe.toml", [f"training.precision={before}"]), model / "recipe.toml")
    check_before_training(load_recipe(tmp_path / "recipe.toml"), model, resume=True)
    other = load_recipe(tmp_path / "recipe.toml", ["training.precision=float16"])
    with pytest.raises(InputError, match=r"\[training\] precision of the recipe differs from the interrupted"):
        check_before_training(other, model, resume=True)
