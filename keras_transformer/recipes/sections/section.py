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


def share_value(section, name, other_name):
    """Gives two keys of one meaning the value of the one that was given, and returns its name."""
    given = [key for key in (name, other_name) if key in section.model_fields_set]
    if len(given) > 1:
        raise ValueError(f"give either {name} or {other_name}, which mean the same")
    key = given[0] if given else name
    for each in (name, other_name):
        object.__setattr__(section, each, getattr(section, key))
    return key
