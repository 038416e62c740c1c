"""The types that a typed value can have without its class being named by an annotation, and the form of each in JSON.

A form has the tag of its type as its only key: `{"$uuid": "..."}`. Decoding it makes a value of that type alone.
"""

import binascii
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

# What a decoder raises for a value that is not of its type: a missing time zone is a KeyError.
UNREADABLE: Final = (TypeError, ValueError, ArithmeticError, LookupError, OSError)


class Form(NamedTuple):
    """How values of one type are written and read; `write` raises ValueError for a value that cannot be written."""

    tag: str
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _write_moment(value: datetime | time) -> Any:
    """Return the ISO form; for a named time zone or the second of two equal hours, a list of form, zone and fold."""
    zone = value.tzinfo
    if type(zone) is ZoneInfo and zone.key:
        return [value.replace(tzinfo=None, fold=0).isoformat(), zone.key, value.fold]
    if not (zone is None or (type(zone) is timezone and repr(zone) == repr(_plain_zone(zone)))):
        raise ValueError(f"has a time zone of type {type(zone).__name__}; use datetime.UTC, an offset or ZoneInfo")
    text = value.isoformat()
    return [text, None, 1] if value.fold else text


def _plain_zone(zone: tzinfo) -> tzinfo:
    """Return the time zone without its name."""
    offset = zone.utcoffset(None)
    return timezone(offset) if offset else UTC


def _read_moment(kind: type[datetime] | type[time], form: Any) -> datetime | time:
    if isinstance(form, str):
        return kind.fromisoformat(form)
    text, zone, fold = form
    value = kind.fromisoformat(text)
    return value.replace(tzinfo=value.tzinfo if zone is None else ZoneInfo(zone), fold=fold)


def _read_duration(form: Any) -> timedelta:
    days, seconds, microseconds = form
    if not all(type(part) is int for part in form):
        raise ValueError("expected three whole numbers")
    return timedelta(days, seconds, microseconds)


def _text(form: Any) -> str:
    if not isinstance(form, str):
        raise ValueError("expected text")
    return form


FORMS: Final[dict[type, Form]] = {
    datetime: Form("$datetime", _write_moment, lambda form: _read_moment(datetime, form)),
    date: Form("$date", date.isoformat, lambda form: date.fromisoformat(_text(form))),
    time: Form("$time", _write_moment, lambda form: _read_moment(time, form)),
    timedelta: Form("$timedelta", lambda value: [value.days, value.seconds, value.microseconds], _read_duration),
    UUID: Form("$uuid", str, lambda form: UUID(_text(form))),
    Decimal: Form("$decimal", str, lambda form: Decimal(_text(form))),
    bytes: Form(
        "$bytes",
        lambda value: binascii.b2a_base64(value, newline=False).decode(),
        lambda form: binascii.a2b_base64(_text(form), strict_mode=True),
    ),
}
BY_TAG: Final = {form.tag: form for form in FORMS.values()}


def same_plain(value: Any, other: Any) -> bool:
    """Return whether two values of one of these types are the same, also in what `==` does not compare."""
    if isinstance(value, (datetime, time)):
        return bool(value == other) and (value.fold, repr(value.tzinfo)) == (other.fold, repr(other.tzinfo))
    if isinstance(value, Decimal):
        return bool(value.as_tuple() == other.as_tuple())
    return bool(value == other)
