"""NAQ303: how a file can name the exception that was meant."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import fixed, reasons


def caught(imports: str, name: str, rest: str = "") -> str:
    return f"{imports}\n\n\nasync def f(nc):\n    try:\n        await nc.flush()\n    except {name}:\n        pass\n{rest}"


@pytest.mark.parametrize(
    ("imports", "name", "real"),
    [
        ("import nats", "nats.errors.NATSError", "nats.errors.Error"),
        ("import nats.errors as e", "e.NATSError", "e.Error"),
        ("from nats import errors", "errors.NATSError", "errors.Error"),
    ],
)
def test_the_name_that_the_file_reaches(imports: str, name: str, real: str) -> None:
    assert fixed(caught(imports, name)) == caught(imports, real)


def test_a_plain_name_becomes_another_plain_name() -> None:
    before, after = "from nats.errors import NATSError", "from nats.errors import Error"
    assert fixed(caught(before, "NATSError")) == caught(after, "Error")


@pytest.mark.parametrize(
    "rest",
    ["    except nats.errors.Error:\n        raise\n", "    except (ValueError, nats.errors.Error):\n        raise\n"],
)
def test_two_clauses_do_not_become_one(rest: str) -> None:
    source = caught("import nats", "nats.errors.NATSError", rest)
    assert fixed(source, unsafe=True) == source
    assert reasons(source, unsafe=True) == ["'nats.errors.Error' is already handled by the same try"]


def test_another_try_may_handle_it() -> None:
    other = "    try:\n        await nc.flush()\n    except nats.errors.Error:\n        raise\n"
    assert "except nats.errors.NATSError" not in fixed(caught("import nats", "nats.errors.NATSError", other))
