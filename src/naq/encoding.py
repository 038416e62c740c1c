"""Arguments and results as JSON, or pickled where the configurations of both sides say `cloudpickle`.

A value that JSON would change is refused. Decoding a pickle can run any code. Nothing here talks to a server.
"""

import importlib
import marshal
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal, TypeAlias

import msgspec

from naq.errors import DeserializationError, SerializationError
from naq.lossy import find_derived_argument, find_lossy, find_lossy_argument, named_arguments
from naq.typed_calls import decode_typed_result, encode_typed_result, shaped_result

Serializer: TypeAlias = Literal["json", "cloudpickle"]
# Before a result in its typed form: no JSON begins with it.
TYPED_RESULT: Final = b"!"
_encoder = msgspec.json.Encoder()


def encode_value(value: Any, serializer: Serializer, what: str, function: Callable[..., Any] | None = None) -> bytes:
    """Return a result of `function` as JSON, in its typed form behind `TYPED_RESULT`, or pickled.

    Raises `SerializationError`, which names `what`, if it cannot be encoded.
    """
    if serializer == "cloudpickle":
        return pickle(value, what)
    plain = _plain_form(value)
    if plain is not None:
        return plain
    try:
        data = _encode_exactly(value, lambda: find_lossy(value, what))
    except SerializationError:
        return TYPED_RESULT + encode_typed_result(value, function, what)
    if function is None or _is_plain(value):
        return data
    try:
        return TYPED_RESULT + encode_typed_result(value, function, what)
    except SerializationError:
        # Of a type derived from a plain one, which the annotations do not name: the plain value arrives.
        return data


def decode_value(data: bytes, serializer: Serializer, function: Callable[..., Any] | None = None) -> Any:
    """Return the value that `encode_value` has encoded with the same serializer. Raises `DeserializationError`."""
    if serializer == "cloudpickle":
        return unpickle(data, serializer)
    if data.startswith(TYPED_RESULT):
        return decode_typed_result(data[len(TYPED_RESULT) :], function, "the result")
    return shaped_result(msgspec.json.decode(data), function)


def encode_call(function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bytes:
    """Return the arguments of a function as JSON. Raises `SerializationError`, which names the argument."""
    call = [list(args), kwargs]
    plain = _plain_form(call)
    if plain is not None:
        return plain
    named = partial(named_arguments, function, args, kwargs)
    data = _encode_exactly(call, lambda: find_lossy_argument(named()) or find_derived_argument(named()))
    if not _is_plain(call):
        try:
            found = find_derived_argument(named())
        except RecursionError:
            found = f"the arguments of {function} are nested too deeply"
        if found is not None:
            raise SerializationError(f"JSON cannot encode the arguments: {found}")
    return data


def _plain_form(value: Any) -> bytes | None:
    """Return the JSON of a value that comes out of it exactly, the usual case; None for another."""
    try:
        data = _encoder.encode(value)
        # Tuples are not equal to the lists that come out, and take the longer way.
        if msgspec.json.decode(data) == value:
            marshal.dumps(value)
            return data
    except (TypeError, ValueError, RecursionError):
        # The longer way finds the reason.
        pass
    return None


def _is_plain(value: Any) -> bool:
    """Return whether a value that JSON can encode is made of the plain types alone, not of types derived from them."""
    try:
        # Raises ValueError for any other type, at any depth, and is faster than a loop here.
        marshal.dumps(value)
    except ValueError:
        return False
    return True


def _encode_exactly(value: Any, find_reason: Callable[[], str | None]) -> bytes:
    """Return the value as JSON. Raises `SerializationError` if decoding would change it, except tuples into lists."""
    try:
        data = _encoder.encode(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationError(f"JSON cannot encode the value: {find_reason() or error}") from error
    if msgspec.json.decode(data) != value:
        lossy = find_reason()
        if lossy is not None:
            raise SerializationError(f"JSON cannot encode the value: {lossy}")
    return data


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
