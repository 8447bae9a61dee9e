import pytest

from keras_transformer.errors import InputError
from keras_transformer.importing.opennmt_tf_description import ModelOptions, read_description

BASE = ModelOptions(8, "relu", 0.1, 0.1, 0.1)
CASES = {
    'from opennmt import models\nmodel = lambda: models.get_model_from_catalog("TransformerBig")\n': (
        BASE._replace(num_heads=16)
    ),
    'model = lambda: m.get_model_from_catalog("TransformerTiny")': BASE._replace(num_heads=2),
    'model = lambda: m.get_model_from_catalog("ScalingNmtEnFr")': ModelOptions(16, "relu", 0.1, 0.0, 0.0, True),
    "import opennmt\nmodel = lambda: opennmt.models.Transformer(num_layers=4, num_heads=2, dropout=0.3)": (
        BASE._replace(num_heads=2, dropout=0.3)
    ),
    "def model():\n    return Transformer(None, None, 6, 512, HEADS)\nHEADS = 32": BASE._replace(num_heads=32),
    "class Model(opennmt.models.Transformer):\n def __init__(self):\n  super().__init__(num_heads=4)\nmodel = Model": (
        BASE._replace(num_heads=4)
    ),
    "class Model(models.TransformerBig):\n def __init__(self):\n  super().__init__()": BASE._replace(num_heads=16),
    "model = opennmt.models.TransformerBig": BASE._replace(num_heads=16),
    "model = lambda: Transformer(ffn_activation=tf.nn.swish)": BASE._replace(activation="silu"),
    "model = lambda: Transformer(maximum_relative_position=None, num_heads=width // 64)": BASE._replace(num_heads=None),
    "model = lambda: Transformer(**options)": ModelOptions(),
    "model = build()": ModelOptions(),
    "import os\nos.remove(__file__)\nmodel = lambda: Transformer()": BASE,
}


@pytest.mark.parametrize("text", CASES)
def test_options_are_read_without_running_the_file(text, tmp_path):
    path = tmp_path / "model_description.py"
    path.write_text(text, encoding="utf-8")
    assert read_description(path) == CASES[text]
    assert path.is_file()


@pytest.mark.parametrize(
    "text, message",
    [
        (
            'model = lambda: m.get_model_from_catalog("LuongAttention")',
            "the model type must be one of .*LuongAttention",
        ),
        ("model = lambda: m.get_model_from_catalog(name)", "the model type must be one of .*Received: 'name'"),
        ("model = lambda: Transformer(position_encoder_class=None)", "position_encoder_class.*Received: 'None'"),
        ("model = lambda: Transformer(maximum_relative_position=20)", "relative positions"),
        ("model = lambda: Transformer(ffn_activation=opennmt.layers.gelu)", "ffn_activation.*opennmt.layers.gelu"),
        ("model = lambda: Transformer(ffn_activation=tf.nn.elu)", "ffn_activation.*tf.nn.elu"),
        ("model = (", "damaged"),
        ("\0", "damaged"),
    ],
)
def test_a_model_that_cannot_be_imported_is_named(text, message, tmp_path):
    path = tmp_path / "model_description.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message) as raised:
        read_description(path)
    assert str(path) in str(raised.value)


def test_a_given_activation_replaces_that_of_the_file(tmp_path):
    path = tmp_path / "model_description.py"
    path.write_text("model = lambda: Transformer(ffn_activation=my_gelu)", encoding="utf-8")
    assert read_description(path, "gelu").activation == "gelu"
