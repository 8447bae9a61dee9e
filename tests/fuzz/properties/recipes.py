import re
import tomllib

import tomli_w

from fuzz.fuzz_property import Failure, FuzzProperty
from fuzz.mutations import mutate_bytes
from fuzz.texts import random_text
from keras_transformer.errors import InputError
from keras_transformer.recipes import load_recipe
from keras_transformer.recipes.recipe import Recipe

RECIPES = 50
KEYS = {section: list(field.annotation.model_fields) for section, field in Recipe.model_fields.items()}
VALUES = [
    *(True, False, 0, 1, -1, 2, 3, 8, 100, 4096, 10**6, 2**63 - 1, 0.0, 0.1, 0.5, 1.0, -0.5, 1e300, 1e-300),
    *(
        float("nan"),
        float("inf"),
        "",
        "phrases",
        "train.ko",
        "unigram",
        "bpe",
        "adam",
        "muon",
        "linear",
        "tiny",
        "best",
        "val_loss",
    ),
    *("relu", "gelu", "none", "bfloat16", "float16", "x" * 1000, [], [1], ["a"], {}, {"a": 1}),
]


class Recipes(FuzzProperty):
    """A recipe of random keys and values is accepted, or refused in one line that names a key, a section or a line."""

    name = "recipes"
    unit = "recipes"
    goal = 20_000
    share = 2

    def check(self, generator, folder):
        for number in range(RECIPES):
            self._check_one(generator, folder / f"{number}.toml")
        return RECIPES

    def _check_one(self, generator, path):
        content = tomli_w.dumps(random_sections(generator)).encode()
        is_toml = generator.random() < 0.7
        if not is_toml:
            content = mutate_bytes(content, generator)
        path.write_bytes(content)
        overrides = []
        while generator.random() < 0.2:
            section = generator.choice(list(KEYS))
            value = generator.choice([*VALUES, "text"])
            overrides.append(f"{section}.{generator.choice(KEYS[section])}={value}")
        where = f"{content.decode(errors='replace')!r} with {overrides}"
        try:
            recipe = load_recipe(path, overrides)
        except InputError as error:
            self._check_message(str(error), str(path), content, where)
        except Exception as error:
            raise Failure(f"{type(error).__name__}: {error} for {where}") from None
        else:
            # With init_from, the fields of the model are checked against that folder.
            if Recipe(**recipe.model_dump()) != recipe or not (recipe.training.init_from or recipe.filled()):
                raise Failure(f"not the same when it is read again: {where}")

    def _check_message(self, message, path, content, where):
        said = message.replace(path, "")
        words = set(re.findall(r"[a-z_0-9]+", said.lower()))
        names = {key for keys in KEYS.values() for key in keys} | set(KEYS)
        try:
            names |= {str(key) for key in tomllib.loads(content.decode("utf-8-sig"))}
        except ValueError:
            names |= {"line", "utf", "toml", "end"}
        if not words & names and "--set" not in message and not any(name in said for name in names if name):
            raise Failure(f"names no key: {message!r} for {where}")


def random_sections(generator):
    """Sections that are mostly right, with some keys that are not."""
    sections = {"data": {"corpus": "phrases"}}
    if generator.random() < 0.4:
        sections["data"] = {
            f"{split}_{side}": f"{split}.{side}" for split in ("train", "validation") for side in ("source", "target")
        }
    for _ in range(generator.choice([0, 1, 1, 2, 3, 6])):
        section = generator.choice(list(KEYS))
        key = generator.choice(KEYS[section])
        if generator.random() < 0.1:
            key = generator.choice([key[:-1] or "a", key + "s", key.upper(), random_text(generator)[:40] or "b"])
        sections.setdefault(section, {})[key] = generator.choice(VALUES)
    if generator.random() < 0.05:
        sections[generator.choice(["model", "trainings", "x", "data"])] = generator.choice(VALUES)
    return sections
