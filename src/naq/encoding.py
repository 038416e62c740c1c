"""Arguments and results as JSON, or pickled where the configurations of both sides say `cloudpickle`.

A value that JSON would change is refused. Decoding a pickle can run any code. Nothing here talks to a server.
"""

import importlib
import marshal
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any, Literal, TypeAlias

import msgspec

from naq.errors import DeserializationError, SerializationError

Serializer: TypeAlias = Literal["json", "cloudpickle"]
# Values, each with a description of its place.
Named: TypeAlias = list[tuple[str, Any]]

# Types that JSON can encode; a tuple becomes a list.
_PLAIN = (type(None), bool, int, float, str, list, tuple, dict)
_encoder = msgspec.json.Encoder()


def encode_value(value: Any, serializer: Serializer, what: str) -> bytes:
    """Return a result as JSON or pickled. Raises `SerializationError`, which names `what`, if it cannot be encoded."""
    if serializer == "cloudpickle":
        return pickle(value, what)
    return _encode_exactly(value, lambda: _find_lossy(value, what))


def decode_value(data: bytes, serializer: Serializer) -> Any:
    """Return the value that `encode_value` has encoded with the same serializer. Raises `DeserializationError`."""
    return unpickle(data, serializer) if serializer == "cloudpickle" else msgspec.json.decode(data)


def encode_call(function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Return the arguments of a function as JSON. Raises `SerializationError`, which names the argument."""
    call = [list(args), kwargs]
    named = partial(_named_arguments, function, args, kwargs)
    data = _encode_exactly(call, lambda: _find_lossy_argument(named()) or _find_derived_argument(named()))
    try:
        # Raises ValueError for any type but the plain ones, at any depth, and is faster than a loop here.
        marshal.dumps(call)
    except ValueError as error:
        try:
            found = _find_derived_argument(named())
        except RecursionError:
            found = f"the arguments of {function} are nested too deeply"
        if found is not None:
            raise SerializationError(f"JSON cannot encode the arguments: {found}") from error
    return data


def _encode_exactly(value: Any, find_lossy: Callable[[], str | None]) -> bytes:
    """Return the value as JSON. Raises `SerializationError` if decoding would change it, except tuples into lists."""
    try:
        data = _encoder.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationError(f"JSON cannot encode the value: {find_lossy() or error}") from error
    if msgspec.json.decode(data) != value:
        lossy = find_lossy()
        if lossy is not None:
            raise SerializationError(f"JSON cannot encode the value: {lossy}")
    return data


def _find_lossy_argument(named: Named) -> str | None:
    """Return a description of the first value that JSON would change; None when there is none."""
    return next((text for where, value in named if (text := _find_lossy(value, where))), None)


def _find_derived_argument(named: Named) -> str | None:
    """Return a description of the first Enum, named tuple or other value of a type derived from a plain one."""
    return next((text for where, value in named if (text := _find_derived(value, where))), None)


def _named_arguments(function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Named:
    named = [(f"argument {index + 1} of {function}", value) for index, value in enumerate(args)]
    return named + [(f"argument {name!r} of {function}", value) for name, value in kwargs.items()]


def _find_derived(value: Any, where: str) -> str | None:
    kind = type(value)
    if kind not in _PLAIN:
        return f"{where} is of type {kind.__name__}, and would arrive as {_plain_name(value)}; {_instead(value)}"
    if kind in (list, tuple):
        found = (_find_derived(item, f"{where}[{index}]") for index, item in enumerate(value))
        return next((text for text in found if text), None)
    if kind is dict:
        for key, item in value.items():
            text = _find_derived(key, f"a key of {where}") or _find_derived(item, f"{where}[{key!r}]")
            if text:
                return text
    return None


def _plain_name(value: Any) -> str:
    plain = next((kind for kind in _PLAIN if isinstance(value, kind)), object)
    return "list" if plain is tuple else plain.__name__


def _instead(value: Any) -> str:
    if isinstance(value, Enum):
        return "pass its value or its name"
    if isinstance(value, tuple):
        return "pass a list or a dict"
    return f"pass {_plain_name(value)}(...) of it"


def _find_lossy(value: Any, where: str, depth: int = 0) -> str | None:
    """Return a description of the first part of a value that JSON would change; None when there is none."""
    if value is None or isinstance(value, (bool, int)):
        return None
    if isinstance(value, str):
        return None if value.isascii() or _is_text(value) else f"{where} is text with half of a surrogate pair"
    if isinstance(value, float):
        return None if float("-inf") < value < float("inf") else f"{where} is {value}, which JSON has no number for"
    if depth > 100:
        return f"{where} is nested more than 100 levels deep"
    if isinstance(value, (list, tuple)):
        found = (_find_lossy(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value))
        return next((text for text in found if text), None)
    if isinstance(value, dict):
        return _find_lossy_entry(value, where, depth)
    return f"{where} is of type {type(value).__name__}; pass text, numbers, lists and dicts, or use cloudpickle"


def _find_lossy_entry(value: dict[Any, Any], where: str, depth: int) -> str | None:
    for key, item in value.items():
        if not isinstance(key, str):
            return f"{where} has the key {key!r}, and keys are text in JSON"
        found = _find_lossy(item, f"{where}[{key!r}]", depth + 1)
        if found:
            return found
    return None


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def pickle(value: Any, what: str) -> bytes:
    """Return a pickled value. Raises `SerializationError`, which names `what`."""
    cloudpickle = _cloudpickle()
    try:
        data: bytes = cloudpickle.dumps(value)
    # Pickling calls `__reduce__` of arbitrary objects, which may raise any exception.
    except Exception as error:
        raise SerializationError(f"{what} cannot be pickled: {error}") from error
    return data


def unpickle(data: bytes, serializer: Serializer) -> Any:
    """Return the value in a pickle. Raises `DeserializationError`, also where `serializer` allows no pickle."""
    if serializer != "cloudpickle":
        raise DeserializationError("a pickle is refused, as it can run code; this Config's serializer is json")
    cloudpickle = _cloudpickle()
    try:
        return cloudpickle.loads(data)
    # Unpickling runs code of arbitrary objects, which may raise any exception.
    except Exception as error:
        raise DeserializationError(f"a pickle cannot be decoded: {type(error).__name__}: {error}") from error


def _cloudpickle() -> Any:
    """Return the module cloudpickle, imported only if it is configured: no other code here can run code from bytes."""
    try:
        return importlib.import_module("cloudpickle")
    except ModuleNotFoundError:
        raise SerializationError("serializer 'cloudpickle' needs the package: pip install 'naq[cloudpickle]'") from None
