"""Values that JSON does not have, in JSON: each says its type, so that it comes out as it went in.

Each known plain type (`naq.plain_values`) has a tag. An object of a class has the tag `$object`, with the class's name
and its fields. Decoding makes an `Instance` of it; `build` makes the object, of a class that the caller gives by that
name. So a message chooses among the caller's classes, and imports none.

A tuple becomes a list, except in a set and in the field of a class.
"""

import dataclasses
from collections.abc import Callable, Iterable
from enum import Enum, Flag
from typing import Any, Final

import msgspec

from naq.annotations import Classes, classes_of_fields, is_built
from naq.errors import DeserializationError, SerializationError
from naq.lossy import DEEPEST, find_derived, find_lossy
from naq.plain_values import BY_TAG, FORMS, UNREADABLE, same_plain

OBJECT: Final = "$object"
SET: Final = "$set"
FROZENSET: Final = "$frozenset"
TUPLE: Final = "$tuple"
# A dictionary whose only key looks like a tag.
DICT: Final = "$dict"
_COLLECTIONS: Final = {SET: set, FROZENSET: frozenset, TUPLE: tuple}
_SCALARS: Final = frozenset({type(None), bool, int, float, str})


class Instance(msgspec.Struct, frozen=True):
    """An object of a class that is not known here: the class's name, and the object's fields.

    `content` has the names and values of the fields, or the name or number of a member of an enumeration.
    """

    kind: str
    content: tuple[tuple[str, Any], ...] | str | int

    def __repr__(self) -> str:
        return f"Instance({self.kind!r})"


class ClassNotNamed(DeserializationError):
    """The annotation of an argument or result does not name the class of a value; `kind` is the name of the class."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind


class UnknownTag(DeserializationError):
    """A value has a tag of a newer version; the argument is the tag."""


def encode(value: Any, where: str, inside: bool = False, depth: int = 0) -> Any:
    """Return the value as plain JSON values. Raises `SerializationError`, which names the place `where` in the value.

    `inside` is whether the value is in a set or in an object, where tuples stay tuples.
    """
    kind = type(value)
    if kind in _SCALARS:
        _refuse_if(find_lossy(value, where))
        return value
    if depth > DEEPEST:
        raise _refusal(f"{where} is nested more than {DEEPEST} levels deep")
    if kind in FORMS:
        form = FORMS[kind]
        try:
            return {form.tag: form.write(value)}
        except ValueError as error:
            raise _refusal(f"{where} {error}") from None
    if kind is dict:
        return _encode_dict(value, where, inside, depth)
    if kind is list or kind is tuple:
        items = [encode(item, f"{where}[{index}]", inside, depth + 1) for index, item in enumerate(value)]
        return {TUPLE: items} if kind is tuple and inside else items
    if kind is set or kind is frozenset:
        return {SET if kind is set else FROZENSET: _encode_set(value, where, depth)}
    if kind is Instance or is_built(kind):
        instance = value if kind is Instance else instance_of(value, where)
        return {OBJECT: [instance.kind, _encode_content(instance.content, where, depth)]}
    raise _refusal(_reason(value, where))


def decode(value: Any) -> Any:
    """Return the value of which `encode` made plain values, with each object of a class as an `Instance`.

    Raises `UnknownTag`, and `DeserializationError` for what `encode` does not make.
    """
    if type(value) is list:
        return [decode(item) for item in value]
    if type(value) is not dict:
        return value
    tag, form = next(iter(value.items())) if len(value) == 1 else ("", None)
    if not tag.startswith("$"):
        return {key: decode(item) for key, item in value.items()}
    try:
        return _decode_tagged(tag, form)
    except DeserializationError:
        raise
    except UNREADABLE as error:
        raise DeserializationError(f"not a job: a value {tag} cannot be read: {error}") from error


def build(value: Any, classes: Classes, where: str) -> Any:
    """Return the value with each `Instance` made an object of the class of its name.

    Raises `DeserializationError` when there is no such class, or when it does not take the fields.
    """
    kind = type(value)
    if kind is Instance:
        return _build_instance(value, classes, where)
    if kind is dict:
        return {key: build(item, classes, f"{where}[{key!r}]") for key, item in value.items()}
    if kind in (list, tuple, set, frozenset):
        return kind(build(item, classes, f"{where}[{index}]") for index, item in enumerate(value))
    return value


def shown(value: Any) -> Any:
    """Return a decoded value for output: an object as a dictionary of its class's name and its fields."""
    kind = type(value)
    if kind is Instance:
        content = value.content
        return f"{value.kind}.{content}" if not isinstance(content, tuple) else {value.kind: shown(dict(content))}
    if kind is dict:
        return {key: shown(item) for key, item in value.items()}
    return [shown(item) for item in value] if kind in (list, tuple, set, frozenset) else value


def same(value: Any, other: Any, inside: bool = False) -> bool:
    """Return whether a value has come out as it went in, its type included; outside of objects, a tuple is a list."""
    kind = type(value)
    if kind is not type(other) and (inside or (kind, type(other)) != (tuple, list)):
        return False
    if kind in (list, tuple):
        return len(value) == len(other) and all(map(lambda a, b: same(a, b, inside), value, other))
    if kind is dict:
        return value.keys() == other.keys() and all(same(item, other[key], inside) for key, item in value.items())
    if kind in FORMS:
        return same_plain(value, other)
    if is_built(kind) and not isinstance(value, Enum):
        content, others = instance_of(value, "").content, instance_of(other, "").content
        return same(content, others, True)
    return bool(value == other)


def instance_of(value: Any, where: str) -> Instance:
    """Return an object as an `Instance`. Raises `SerializationError` if its class could not make it again."""
    kind = type(value)
    if isinstance(value, Flag):
        return Instance(kind.__qualname__, value.value)
    if isinstance(value, Enum):
        return Instance(kind.__qualname__, value.name)
    if isinstance(value, msgspec.Struct):
        names: Iterable[str] = value.__struct_fields__
    elif dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        if not all(field.init for field in dataclasses.fields(value)):
            raise _refusal(f"{where} is of type {kind.__name__}, which has fields that its constructor does not take")
    else:
        names = value._fields
    missing = next((name for name in names if not hasattr(value, name)), None)
    if missing is not None:
        raise _refusal(f"{where} is of type {kind.__name__}, and has no value for its field {missing}")
    return Instance(kind.__qualname__, tuple((name, getattr(value, name)) for name in names))


def _encode_dict(value: dict[Any, Any], where: str, inside: bool, depth: int) -> dict[str, Any]:
    for key in value:
        if type(key) is not str:
            _refuse_if(find_lossy({key: None}, where) or find_derived(key, f"a key of {where}"))
        _refuse_if(find_lossy(key, f"a key of {where}"))
    encoded = {key: encode(item, f"{where}[{key!r}]", inside, depth + 1) for key, item in value.items()}
    return {DICT: encoded} if len(encoded) == 1 and next(iter(encoded)).startswith("$") else encoded


def _encode_set(value: Iterable[Any], where: str, depth: int) -> list[Any]:
    items = [encode(item, f"an item of {where}", True, depth + 1) for item in value]
    # In one order in all processes, so that the same job always has the same form.
    return sorted(items, key=msgspec.json.encode)


def _encode_content(content: Any, where: str, depth: int) -> Any:
    if not isinstance(content, tuple):
        return content
    return {name: encode(item, f"{where}.{name}", True, depth + 1) for name, item in content}


def _decode_tagged(tag: str, form: Any) -> Any:
    if tag in BY_TAG:
        return BY_TAG[tag].read(form)
    if tag == DICT and type(form) is dict:
        return {key: decode(item) for key, item in form.items()}
    if tag in _COLLECTIONS and type(form) is list:
        return _COLLECTIONS[tag](decode(item) for item in form)
    if tag != OBJECT:
        raise UnknownTag(tag)
    kind, content = form
    if type(content) is dict:
        content = tuple((name, decode(item)) for name, item in content.items())
    if type(kind) is not str or type(content) not in (tuple, str, int):
        raise ValueError("expected a name and fields")
    return Instance(kind, content)


def _build_instance(value: Instance, classes: Classes, where: str) -> Any:
    kind = classes.get(value.kind)
    if kind is None:
        named = ", ".join(sorted(classes)) or "no class"
        text = f"{where} is of class {value.kind}, and the annotations of the function name {named} there"
        raise ClassNotNamed(text, value.kind)
    try:
        return _member(kind, value.content) if issubclass(kind, Enum) else _object(kind, value.content, where)
    except DeserializationError:
        raise
    # The class's own code runs here, and may raise any exception.
    except Exception as error:
        text = f"{where} of class {value.kind} cannot be made: {type(error).__name__}: {error}"
        raise DeserializationError(text) from error


def _member(kind: type[Enum], content: Any) -> Enum:
    return kind(content) if issubclass(kind, Flag) else kind[content]


def _object(kind: Callable[..., Any], content: Any, where: str) -> Any:
    fields = classes_of_fields(kind)
    return kind(**{name: build(item, fields.get(name, {}), f"{where}.{name}") for name, item in content})


def _reason(value: Any, where: str) -> str:
    kind = type(value)
    text = find_lossy(value, where) or find_derived(value, where)
    return text or f"{where} is of type {kind.__name__}, which cannot be sent"


def _refuse_if(reason: str | None) -> None:
    if reason is not None:
        raise _refusal(reason)


def _refusal(reason: str) -> SerializationError:
    return SerializationError(f"JSON cannot encode the value: {reason}")
