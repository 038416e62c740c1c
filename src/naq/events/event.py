"""An event, its types, its form on the wire and its subjects. Nothing here talks to a server.

An event's data is a JSON object, sent as it is; its type is the end of its subject. There are two kinds of subject:
`events.{type}` for whoever listens at the moment, `{prefix}.events.{type}` for events that a stream keeps.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from naq.config import Config
from naq.errors import DeserializationError, InvalidName, SerializationError
from naq.names import names_for

_TYPE: Final = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
_PATTERN: Final = re.compile(r"(([A-Za-z0-9_-]+|\*)\.)*([A-Za-z0-9_-]+|\*|>)")
_DURABLE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST: Final = 200

_encoder = msgspec.json.Encoder()


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened.

    `at` is in seconds since 1970: when the server stored it, or, for one that is only passing by, when it arrived here.
    `sequence` is its number in the stream and `delivered` how often it came, for one that is read from there.
    """

    type: str
    data: Any
    at: float
    sequence: int | None = None
    delivered: int = 1


@dataclass(frozen=True, slots=True)
class Subjects:
    """Where events of a configuration travel. Types may be patterns where one listens."""

    plain: str
    prefix: str

    @classmethod
    def of(cls, config: Config) -> "Subjects":
        """The subjects under this configuration's names."""
        return cls(config.events.subject, config.queue.prefix)

    def passing(self, event_type: str) -> str:
        """For whoever listens at the moment."""
        return f"{self.plain}.{event_type}"

    def kept(self, event_type: str) -> str:
        """Kept by the stream, and heard by whoever listens at the moment too."""
        return names_for(self.prefix).event(event_type)

    def type_of(self, subject: str) -> str:
        """The type of the event that came by this subject."""
        for start in (self.passing(""), self.kept("")):
            if subject.startswith(start):
                return subject[len(start) :]
        return subject


def check_type(event_type: str) -> str:
    """The type itself; `InvalidName` when no event can be of it."""
    if not isinstance(event_type, str) or len(event_type) > _LONGEST or not _TYPE.fullmatch(event_type):
        raise InvalidName(
            f"event type {event_type!r}: use words of letters, digits, '_' and '-', joined by dots, as in 'order.paid'"
        )
    return event_type


def check_pattern(pattern: str) -> str:
    """The pattern itself; `InvalidName` when one cannot listen for it."""
    if not isinstance(pattern, str) or len(pattern) > _LONGEST or not _PATTERN.fullmatch(pattern):
        raise InvalidName(
            f"event type {pattern!r}: use a type such as 'order.paid'; '*' stands for one word, '>' at the end for all"
        )
    return pattern


def check_durable(name: str) -> str:
    """The name itself; `InvalidName` when no durable subscriber can be called so."""
    if not isinstance(name, str) or not _DURABLE.fullmatch(name):
        raise InvalidName(f"durable name {name!r}: use 1 to 64 letters, digits, '_' and '-'")
    return name


def encode_data(event_type: str, data: Mapping[str, Any]) -> bytes:
    """The data as JSON; `SerializationError` when JSON cannot carry it."""
    if not isinstance(data, Mapping):
        raise SerializationError(f"the data of event {event_type} is a mapping, not {type(data).__name__}")
    try:
        return _encoder.encode(dict(data))
    except (TypeError, ValueError, RecursionError) as error:
        raise SerializationError(f"JSON cannot carry the data of event {event_type}: {error}") from error


def decode_data(payload: bytes) -> Any:
    """The data in an event's payload; `DeserializationError` when it is not JSON."""
    try:
        return msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise DeserializationError(f"not an event: {error}") from error
