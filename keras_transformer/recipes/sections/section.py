import sys
import warnings

import pydantic

_MOST = 2**31 - 1
_MOST_OF_KEY = {"seed": 2**32 - 1}


class Section(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    @pydantic.field_validator("*")
    @classmethod
    def _is_in_range(cls, value, info):
        """Checks the upper bound of all whole numbers, because TensorFlow computes with 32 or 64 bits."""
        if type(value) is int and value > (most := _MOST_OF_KEY.get(info.field_name, _MOST)):
            raise ValueError(f"must be at most {most:,}")
        return value


def share_value(section, name, former_name):
    """Sets a key and its former name to the given value, and returns the given name.

    Recipes of earlier versions have the default of every key. Only another value has a warning.
    """
    given = [key for key in (name, former_name) if key in section.model_fields_set]
    if len(given) > 1:
        raise ValueError(f"give either {name} or {former_name}, which mean the same")
    key = given[0] if given else name
    if key == former_name and getattr(section, key) != type(section).model_fields[key].default:
        warnings.warn(
            f"The key {former_name} is now named {name}. The former name works until version 1.0.",
            DeprecationWarning,
            stacklevel=_level_of_caller(),
        )
    for each in (name, former_name):
        object.__setattr__(section, each, getattr(section, key))
    return key


def _level_of_caller():
    """Returns the stack level of the first frame outside of this library and of pydantic, for the caller of this."""
    level, frame = 0, sys._getframe(1)
    while frame and frame.f_globals.get("__name__", "").split(".")[0] in ("keras_transformer", "pydantic"):
        level, frame = level + 1, frame.f_back
    return level + 1
