"""Lists that an annotation says are tuples: JSON has no tuples, and a value is sent with lists in their place."""

import collections.abc
import types
import typing
from collections.abc import Callable
from typing import Any, Final, TypeAlias

# What makes the tuples in a value; None where the annotation has none.
Shape: TypeAlias = Callable[[Any], Any] | None

_LISTS: Final = (list, collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection)
_DICTS: Final = (dict, collections.abc.Mapping, collections.abc.MutableMapping)


def shape_of(annotation: Any, depth: int = 0) -> Shape:
    """Return what makes the tuples in a value of this annotation.

    In a union, that is the shape of the only member that is a list or tuple. A value that does not fit stays as it is.
    """
    # A recursive alias refers to itself.
    if depth > 10:
        return None
    annotation = _resolved(annotation)
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        members = [_resolved(member) for member in typing.get_args(annotation)]
        lists = [member for member in members if _origin(member) is tuple or _origin(member) in _LISTS]
        dicts = [member for member in members if _origin(member) in _DICTS]
        shapes = [shape_of(kind[0], depth + 1) for kind in (lists, dicts) if len(kind) == 1]
        return _either([shape for shape in shapes if shape is not None])
    origin, inner = _origin(annotation), typing.get_args(annotation)
    if origin is tuple:
        return _tuple_shape([shape_of(part, depth + 1) for part in inner if part is not ...], more=... in inner)
    if origin in _LISTS and inner:
        return _items_shape(shape_of(inner[0], depth + 1))
    return _values_shape(shape_of(inner[1], depth + 1)) if origin in _DICTS and len(inner) == 2 else None


def _origin(annotation: Any) -> Any:
    return typing.get_origin(annotation) or annotation


def _resolved(annotation: Any) -> Any:
    """Return what an alias, a `NewType` or an `Annotated` stands for; an `Awaitable` for its result."""
    while True:
        origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
        if origin is typing.Annotated or origin is collections.abc.Awaitable:
            annotation = inner[0]
        elif origin is collections.abc.Coroutine:
            annotation = inner[2]
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        elif isinstance(annotation, typing.NewType):
            annotation = annotation.__supertype__
        else:
            return annotation


def _either(shapes: list[Callable[[Any], Any]]) -> Shape:
    if len(shapes) < 2:
        return shapes[0] if shapes else None
    return lambda value: shapes[type(value) is dict](value)


def _tuple_shape(items: list[Shape], more: bool) -> Shape:
    def shape(value: Any) -> Any:
        if type(value) is not list:
            return value
        if more or not items:
            every = items[0] if items else None
            return tuple(value if every is None else map(every, value))
        if len(value) != len(items):
            return value
        return tuple(item if make is None else make(item) for make, item in zip(items, value, strict=True))

    return shape


def _items_shape(make: Shape) -> Shape:
    if make is None:
        return None
    return lambda value: [make(item) for item in value] if type(value) is list else value


def _values_shape(make: Shape) -> Shape:
    if make is None:
        return None
    return lambda value: {key: make(item) for key, item in value.items()} if type(value) is dict else value
