"""The classes that the annotations of a function or class name: only these are built from what a message contains."""

import dataclasses
import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

import msgspec

from naq.tuples import Shape, shape_of

# Classes by qualified name; None where two classes of the same name are meant.
Classes: TypeAlias = Mapping[str, type | None]

NO_CLASSES: Final[Classes] = MappingProxyType({})


Found = TypeVar("Found")


class OfCall(NamedTuple, Generic[Found]):
    """What the annotations of a function say of its parameters, by position and by name, and of its result."""

    positional: tuple[Found, ...]
    further: Found
    named: Mapping[str, Found]
    others: Found
    returned: Found

    def of_argument(self, place: int | str) -> Found:
        """Return what the annotations say of an argument, by its index or its name."""
        if isinstance(place, str):
            return self.named.get(place, self.others)
        return self.positional[place] if place < len(self.positional) else self.further


def is_built(kind: object) -> bool:
    """Return whether values of a class can be sent: dataclasses, msgspec's structs, enumerations, named tuples."""
    # `list[int]` passes for a class.
    if not isinstance(kind, type) or typing.get_origin(kind) is not None:
        return False
    return dataclasses.is_dataclass(kind) or issubclass(kind, (msgspec.Struct, Enum)) or is_named_tuple(kind)


def is_named_tuple(kind: type) -> bool:
    """Return whether a class is a named tuple."""
    return issubclass(kind, tuple) and isinstance(getattr(kind, "_fields", None), tuple)


def classes_of_call(function: Callable[..., Any]) -> OfCall[Classes]:
    """Return the classes that a function's annotations name. An annotation that cannot be resolved names none."""
    # Callables that cannot be hashed are not cached.
    return _known_classes(function) if getattr(function, "__hash__", None) else _classes_of_call(function)


def shapes_of_call(function: Callable[..., Any]) -> OfCall[Shape] | None:
    """Return what makes the tuples in arguments and result of a function; None where its annotations have no tuple."""
    return _known_shapes(function) if getattr(function, "__hash__", None) else _shapes_of_call(function)


def _classes_of_call(function: Callable[..., Any]) -> OfCall[Classes]:
    return _of_call(function, classes_in)


def _shapes_of_call(function: Callable[..., Any]) -> OfCall[Shape] | None:
    shapes = _of_call(function, shape_of)
    found = (*shapes.positional, shapes.further, *shapes.named.values(), shapes.others, shapes.returned)
    return shapes if any(found) else None


_known_classes = lru_cache(maxsize=1024)(_classes_of_call)
_known_shapes = lru_cache(maxsize=1024)(_shapes_of_call)


def _of_call(function: Callable[..., Any], read: Callable[[Any], Found]) -> OfCall[Found]:
    nothing = read(None)
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return OfCall((), nothing, {}, nothing, nothing)
    hints = _hints(function)
    found = {one.name: read(hints.get(one.name)) for one in parameters}
    of_kind = {one.kind: found[one.name] for one in parameters}
    return OfCall(
        tuple(found[one.name] for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)),
        of_kind.get(inspect.Parameter.VAR_POSITIONAL, nothing),
        {one.name: found[one.name] for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)},
        of_kind.get(inspect.Parameter.VAR_KEYWORD, nothing),
        read(hints.get("return")),
    )


@lru_cache(maxsize=1024)
def classes_of_fields(kind: Callable[..., Any]) -> Mapping[str, Classes]:
    """Return for each annotated field of a class the classes that its annotation names."""
    return {name: classes_in(hint) for name, hint in _hints(kind).items()}


def classes_in(annotation: Any) -> Classes:
    """Return the classes that an annotation names, at any depth: in unions, in lists, as a type argument."""
    found: dict[str, type | None] = {}
    _collect(annotation, found, set())
    return found


def _collect(annotation: Any, found: dict[str, type | None], seen: set[int]) -> None:
    # A recursive alias refers to itself.
    if id(annotation) in seen:
        return
    seen.add(id(annotation))
    if is_built(annotation):
        known = found.setdefault(annotation.__qualname__, annotation)
        if known is not annotation:
            found[annotation.__qualname__] = None
    # The aliases of `type X = ...`, and of `NewType`.
    inner = [getattr(annotation, "__value__", None), getattr(annotation, "__supertype__", None)]
    for part in (typing.get_origin(annotation), *typing.get_args(annotation), *inner):
        if part is not None:
            _collect(part, found, seen)


def _hints(annotated: Any) -> dict[str, Any]:
    """Return the resolved annotations of a function or class, without those that cannot be resolved."""
    try:
        return typing.get_type_hints(annotated)
    # A string is evaluated, which may raise any exception: NameError for a name under TYPE_CHECKING.
    except Exception:
        return _resolvable_hints(annotated)


def _resolvable_hints(annotated: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for owner in reversed(getattr(annotated, "__mro__", (annotated,))):
        space = getattr(inspect.unwrap(owner), "__globals__", None) or vars(
            inspect.getmodule(owner) or SimpleNamespace()
        )
        for name, hint in _unresolved(owner).items():
            alone = SimpleNamespace(__annotations__={name: hint})
            try:
                found |= typing.get_type_hints(alone, space, dict(vars(owner)) if isinstance(owner, type) else None)
            # As above.
            except Exception:
                found.pop(name, None)
    return found


def _unresolved(owner: Any) -> dict[str, Any]:
    """Return the annotations of a function, or those that a class itself has, as they are written."""
    if sys.version_info >= (3, 14):
        import annotationlib

        return annotationlib.get_annotations(owner, format=annotationlib.Format.FORWARDREF)
    return inspect.get_annotations(owner) if isinstance(owner, type) or callable(owner) else {}
