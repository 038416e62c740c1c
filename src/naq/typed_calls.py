"""Arguments and results with values that JSON does not have, and the annotations of the function that they belong to.

A value is decoded again before it is sent, and compared: one that would come out changed is refused.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from naq.annotations import NO_CLASSES, Classes, classes_of_call, shapes_of_call
from naq.errors import DeserializationError, SerializationError, UnknownClass
from naq.lossy import find_derived, named_arguments
from naq.tasks import task_at
from naq.tuples import Shape
from naq.typed_values import ClassNotNamed, build, decode, encode, same

# The version of the typed form. A worker gives a job of another version back.
TYPED: Final = 1


# Arguments by position and by name.
Call: TypeAlias = tuple[Sequence[Any], Mapping[str, Any]]


class TypedArguments(tuple[Any, ...]):
    """Positional arguments of a call with typed values; they, or those by name, may have an `Instance` in them."""

    __slots__ = ()


def loaded(path: str) -> Callable[..., Any] | None:
    """Return the function of an import path if its module is imported already, else None. Imports nothing."""
    task = task_at(path)
    if task is not None:
        return task.function
    module, _, name = path.partition(":")
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if callable(found) else None


def encode_typed_call(path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Return the arguments of the function at `path` in their typed form.

    Raises `SerializationError` for a value without a form, and for an object whose class is not named by the function's
    annotations at its place, or would not make it again.
    """
    named = named_arguments(path, args, kwargs)
    encoded = [encode(value, where) for where, value in named]
    # Arguments that came from a message were compared before they were sent.
    if type(args) is not TypedArguments:
        function = loaded(path)
        for place, (where, value), form in zip(_places(args, kwargs), named, encoded, strict=True):
            _compare(value, form, function and classes_of_call(function).of_argument(place), "parameter", where)
    positional = len(args)
    return msgspec.json.encode([encoded[:positional], dict(zip(kwargs, encoded[positional:], strict=True))])


def decode_typed_call(data: bytes) -> tuple[TypedArguments, dict[str, Any]]:
    """Return the arguments of a call in their typed form. Raises `DeserializationError`, and msgspec's errors."""
    args, kwargs = msgspec.json.decode(data, type=tuple[list[Any], dict[str, Any]])
    return TypedArguments(decode(item) for item in args), {name: decode(item) for name, item in kwargs.items()}


def built_arguments(function: Callable[..., Any], path: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
    """Return the arguments, by position and by name, with the objects and tuples of the function's annotations.

    Raises `DeserializationError` for a class that they do not name, or that does not take the fields.
    """
    shapes = shapes_of_call(function)
    if type(args) is TypedArguments:
        classes = classes_of_call(function)
        named = zip(_places(args, kwargs), named_arguments(path, args, kwargs), strict=True)
        built = [build(value, classes.of_argument(place), where) for place, (where, value) in named]
        args, kwargs = TypedArguments(built[: len(args)]), dict(zip(kwargs, built[len(args) :], strict=True))
    if shapes is None:
        return args, kwargs
    return (
        [_shaped(value, shapes.of_argument(place)) for place, value in enumerate(args)],
        {name: _shaped(value, shapes.of_argument(name)) for name, value in kwargs.items()},
    )


def shaped_result(value: Any, function: Callable[..., Any] | None) -> Any:
    """Return a result with tuples where the annotations of its function say so."""
    shapes = shapes_of_call(function) if function is not None else None
    return value if shapes is None else _shaped(value, shapes.returned)


def _shaped(value: Any, shape: Shape) -> Any:
    return value if shape is None else shape(value)


def encode_typed_result(value: Any, function: Callable[..., Any] | None, what: str) -> bytes:
    """Return a function's result in its typed form. Raises `SerializationError`, which names `what`."""
    form = encode(value, what)
    _compare(value, form, function and classes_of_call(function).returned, "result", what)
    return msgspec.json.encode(form)


def decode_typed_result(data: bytes, function: Callable[..., Any] | None, what: str) -> Any:
    """Return a result from its typed form.

    Raises `UnknownClass` if `function` is None and an object is in the result, and `DeserializationError`, which names
    `what`.
    """
    try:
        value = decode(msgspec.json.decode(data))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise DeserializationError(f"{what} cannot be read: {error}") from error
    if function is not None:
        return shaped_result(build(value, classes_of_call(function).returned, what), function)
    try:
        return build(value, NO_CLASSES, what)
    except ClassNotNamed as error:
        remedy = "ask with the job that enqueue returned, or import its function's module"
        raise UnknownClass(f"{what} is of class {error.kind}; {remedy}", value) from error


def _places(args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[int | str]:
    return [*range(len(args)), *kwargs]


def _compare(value: Any, form: Any, classes: Classes | None, what: str, where: str) -> None:
    """Raise `SerializationError` unless the form leads back to the value; `classes` is None for an unknown function."""
    try:
        again = build(decode(form), classes or {}, where)
    except ClassNotNamed as error:
        remedy = f"annotate the {what} with {error.kind}"
        if classes is None:
            remedy += ", and enqueue the function itself, as its module is not imported here"
        text = find_derived(value, where) or str(error)
        raise SerializationError(f"JSON cannot encode the value: {text}, or {remedy}") from error
    except DeserializationError as error:
        raise SerializationError(f"JSON cannot encode the value: {error}") from error
    if not same(value, again):
        raise SerializationError(f"{where} would not come out as it goes in: its class changes what it is given")
