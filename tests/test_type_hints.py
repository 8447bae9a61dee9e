"""Public functions, constructors and methods have type hints; `make types` checks them."""

import functools
import inspect
import types

import pytest

import keras_transformer as kt

# Keras calls these methods, whose signatures are those of Keras.
HOOKS = {
    *("build", "call", "compute_output_shape", "compute_output_spec", "update_state", "result", "__call__"),
    *("train_step", "test_step", "compute_loss", "compute_metrics", "apply", "update_step"),
    *("on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end", "on_train_batch_begin", "on_train_batch_end"),
}
PACKAGES = {name: module for name in kt.__all__ if isinstance(module := getattr(kt, name), types.ModuleType)}
PUBLIC = {name: found for name in kt.__all__ if not isinstance(found := getattr(kt, name), types.ModuleType)}
PUBLIC |= {
    f"{package}.{name}": getattr(module, name)
    for package, module in PACKAGES.items()
    for name in getattr(module, "__all__", ())
}


def functions_of(name, found):
    """Yields the functions of a public name that this package defines."""
    if inspect.isclass(found):
        members = [
            item
            for each in reversed(found.__mro__)
            if each.__module__.startswith("keras_transformer.")
            for item in vars(each).items()
        ]
        for attribute, member in dict(members).items():
            is_public = not attribute.startswith("_") or attribute == "__init__"
            if isinstance(member, functools.cached_property):
                member = member.func
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if is_public and attribute not in HOOKS and inspect.isfunction(function):
                yield f"{name}.{attribute}", function
    elif inspect.isfunction(found):
        yield name, found


FUNCTIONS = dict(item for name, found in PUBLIC.items() for item in functions_of(name, found))


def missing_hints(function):
    """Parameters without a hint, and "return" without a hint of the result. A constructor has no result."""
    signature = inspect.signature(function)
    hints = {
        parameter.name: parameter.annotation
        for number, parameter in enumerate(signature.parameters.values())
        if not (number == 0 and parameter.name in ("self", "cls"))
    }
    if function.__name__ != "__init__":
        hints["return"] = signature.return_annotation
    return [name for name, hint in hints.items() if hint is inspect.Signature.empty]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_parameter_and_result_has_a_hint(name):
    assert missing_hints(FUNCTIONS[name]) == []
