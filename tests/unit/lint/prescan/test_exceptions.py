"""Which handler takes which exceptions."""

from __future__ import annotations

import pytest

from flake8_naq.prescan.exceptions import (
    ANY,
    CANCELLED,
    ExceptionSet,
    Match,
    are_of_cleanup,
    caught_by,
    match,
    passed_by,
)

VALUE, OS, TIMEOUT = ExceptionSet("ValueError"), ExceptionSet("OSError"), ExceptionSet("TimeoutError")
THEIRS = ExceptionSet("app.Error")


@pytest.mark.parametrize(
    ("raised", "types", "expected"),
    [
        (VALUE, ("ValueError",), Match.YES),
        (VALUE, ("Exception",), Match.YES),
        (VALUE, ("BaseException",), Match.YES),
        (VALUE, ("OSError",), Match.NO),
        (VALUE, ("OSError", "ValueError"), Match.YES),
        (VALUE, (), Match.NO),
        (VALUE, (None,), Match.MAYBE),
        (VALUE, ("app.Error",), Match.NO),
        (VALUE, ("KeyboardInterrupt",), Match.NO),
        (TIMEOUT, ("OSError",), Match.YES),
        (TIMEOUT, ("asyncio.TimeoutError",), Match.YES),
        (OS, ("TimeoutError",), Match.NO),
        (OS, ("IOError",), Match.YES),
        (OS, ("socket.timeout",), Match.NO),
        (ANY, ("Exception",), Match.YES),
        (ANY, ("ValueError",), Match.MAYBE),
        (ANY, ("KeyboardInterrupt",), Match.MAYBE),
        (ANY, ("GeneratorExit",), Match.NO),
        (ANY, ("app.Error",), Match.MAYBE),
        (THEIRS, ("Exception",), Match.YES),
        (ExceptionSet("slice"), ("Exception",), Match.YES),  # a class of theirs with the name of a builtin
        (THEIRS, ("ValueError",), Match.MAYBE),
        (THEIRS, ("app.Other",), Match.MAYBE),
        (THEIRS, ("SystemExit",), Match.NO),
        (CANCELLED, ("Exception",), Match.NO),
        (CANCELLED, ("BaseException",), Match.YES),
        (CANCELLED, (None,), Match.NO),
        (CANCELLED, ("app.Error",), Match.NO),
        (CANCELLED, ("asyncio.CancelledError",), Match.YES),
        (CANCELLED, ("trio.Cancelled",), Match.YES),
        (ANY, ("asyncio.CancelledError",), Match.NO),
    ],
)
def test_a_handler_takes_a_class_and_its_subclasses(
    raised: ExceptionSet, types: tuple[str | None, ...], expected: Match
) -> None:
    assert match(raised, types) is expected


@pytest.mark.parametrize(
    ("name", "handler", "expected"),
    [
        ("OSError", "TimeoutError", Match.MAYBE),
        ("OSError", "OSError", Match.YES),
        ("OSError", "Exception", Match.YES),
        ("OSError", "ValueError", Match.NO),
        ("app.Error", "app.Other", Match.MAYBE),
        ("app.Error", "Exception", Match.YES),
        ("app.Error", "asyncio.CancelledError", Match.NO),
        ("OSError", "app.Error", Match.MAYBE),
    ],
)
def test_a_subclass_may_be_what_a_handler_of_a_subclass_takes(name: str, handler: str, expected: Match) -> None:
    assert match(ExceptionSet(name, narrower=True), (handler,)) is expected


@pytest.mark.parametrize(
    ("excluded", "handler", "expected"),
    [
        (("ValueError",), "ValueError", Match.NO),
        (("OSError",), "TimeoutError", Match.NO),
        (("OSError",), "asyncio.TimeoutError", Match.NO),
        (("TimeoutError",), "OSError", Match.MAYBE),
        (("app.Error",), "app.Error", Match.NO),
        (("app.Error",), "app.Other", Match.MAYBE),
        (("ValueError",), "Exception", Match.YES),
    ],
)
def test_what_an_earlier_handler_would_have_taken_is_not_taken(
    excluded: tuple[str, ...], handler: str, expected: Match
) -> None:
    assert match(ExceptionSet("Exception", excluded=excluded), (handler,)) is expected


def test_an_exception_that_passes_a_handler_is_none_of_its_classes() -> None:
    first = passed_by(ANY, ("OSError", None))
    assert first == ExceptionSet("Exception", excluded=("OSError",))
    assert passed_by(first, ("OSError", "ValueError")).excluded == ("OSError", "ValueError")


@pytest.mark.parametrize(
    ("raised", "types", "expected"),
    [
        (ANY, ("ValueError",), (ExceptionSet("ValueError", narrower=True),)),
        (
            ANY,
            ("OSError", "app.Error"),
            (ExceptionSet("OSError", narrower=True), ExceptionSet("app.Error", narrower=True)),
        ),
        (ANY, ("OSError", None), (ANY,)),
        (ANY, ("OSError", "ValueError", "KeyError", "TypeError"), (ANY,)),
        (THEIRS, ("SystemExit",), (THEIRS,)),
        (CANCELLED, ("asyncio.CancelledError",), (CANCELLED,)),
    ],
)
def test_a_handler_that_may_take_it_has_one_of_its_classes(
    raised: ExceptionSet, types: tuple[str | None, ...], expected: tuple[ExceptionSet, ...]
) -> None:
    assert caught_by(raised, types) == expected


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        (("OSError",), True),
        (("KeyError", "socket.error"), True),
        (("IOError",), True),
        (("psycopg2.Error",), True),
        (("KeyError",), False),
        (("TimeoutError", None), False),
        (("app.ConnectError",), False),
        ((), False),
    ],
)
def test_who_names_errors_of_the_system_or_of_a_database_names_those_of_closing(
    types: tuple[str | None, ...], expected: bool
) -> None:
    assert are_of_cleanup(types) is expected
