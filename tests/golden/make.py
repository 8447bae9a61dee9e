"""Writes the golden files of presets and recipes: `PYTHONPATH=.:tests python -m golden.make`.

Run it after an intended change of a preset or of a default, and check the difference before the commit.
"""

import json
import math
import pathlib

from keras_transformer.models import TransformerConfig
from keras_transformer.models.transformer_config import PRESETS
from keras_transformer.models.weight_shapes import weight_shapes
from keras_transformer.recipes import recipe_from_dict

FOLDER = pathlib.Path(__file__).parent
VOCABULARY_SIZE = 32_000
# The smallest recipe.
SECTIONS = {"data": {"corpus": "phrases"}}


def presets():
    """Fields and parameter counts of all presets."""
    configs = {name: TransformerConfig.from_preset(name, vocabulary_size=VOCABULARY_SIZE) for name in PRESETS}
    return {
        name: {
            "config": config.to_dict(),
            "parameters": sum(math.prod(shape) for _, shape in weight_shapes(config)),
        }
        for name, config in configs.items()
    }


def recipe_defaults():
    """All keys of the smallest recipe: the defaults, and those that `filled` changes.

    `precision` depends on the machine and is dropped.
    """
    recipe = recipe_from_dict(SECTIONS)
    defaults, filled = recipe.model_dump(mode="json"), recipe.filled().model_dump(mode="json")
    changed = {
        section: {key: value for key, value in keys.items() if value != defaults[section][key] and key != "precision"}
        for section, keys in filled.items()
    }
    return {"defaults": defaults, "filled": {section: keys for section, keys in changed.items() if keys}}


FILES = {"presets": presets, "recipe_defaults": recipe_defaults}


def main():
    for name, content in FILES.items():
        text = json.dumps(content(), indent=2, ensure_ascii=False) + "\n"
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
