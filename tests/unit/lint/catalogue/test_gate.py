"""The quick look finds what its two patterns find, whatever is between."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flake8_naq.catalogue.gate import gate

PIECES = [
    "nats",
    "naq",
    "import ",
    "from ",
    "\n",
    "\r",
    " ",
    "\t",
    ".",
    "connect",
    "x",
    "get_nats_connection",
    "#",
    "\\",
    "é",
]
BOTH = gate(("open", "pathlib.Path.open"))._replace(own=None)


@given(st.lists(st.sampled_from([*PIECES, "open", "pathlib"]), max_size=30).map("".join))
@example("(nats\n  .connect())")
@example("# nats\nimport os, nats")
@example("nats nats\n\n\n. nats")
def test_it_finds_what_the_patterns_find(text: str) -> None:
    source = text.encode()
    assert BOTH.opens(source) is (BOTH.fine.search(source) is not None)


def test_one_long_line_is_looked_at_once() -> None:
    """Quadratic time would take minutes here."""
    assert not gate().opens(b"natsx " * 200_000)


def test_a_line_of_hashes_behind_a_name_is_looked_at_once() -> None:
    """Exponential time would never end here."""
    assert not gate().opens(b"import asyncio\nopen_connection " + b"#" * 10_000)


@pytest.mark.parametrize(
    ("source", "opens"),
    [
        ("import asyncio\nasync def f(): await asyncio.sleep(1)", False),
        ("import asyncio\nasync def f(): await asyncio.open_connection('h', 1)", True),
        ("from asyncio import open_connection", True),  # for other modules, which import it from this one
        ("from asyncio import open_connection\nopen_connection.__doc__", False),
        ('def f():\n    """\n    import asyncio\n    asyncio.open_connection(1)\n    """', False),
        ('def f():\n    """Docs."""\n    import asyncio\n    asyncio.open_connection(1)', True),
        ("from asyncio import open_connection as o\nasync def f(): await o('h', 1)", True),
        ("from asyncio import (open_connection  # the (read) streams\n  as o)\no('h', 1)", True),
        ("from asyncio import open_connection \\\n  as o\no('h', 1)", True),
        ("from asyncio import open_connection as o\nopen_connection('h', 1); o.__doc__", False),
        ("import asyncio as a\na.open_connection('h', 1)", True),
        ("import asyncio.streams\nasyncio.open_connection('h', 1)", True),
        ("from asyncio import *\nopen_connection('h', 1)", True),
        ("from asyncio import sleep\nfrom .streams import open_connection as o\no('h', 1)", True),
        ("from asyncio import sleep\nfrom .streams import server as o\no('h', 1); x.open_connection('h', 1)", False),
        ("from sqlalchemy import Column\nself.connect()", True),  # of `get_engine()`, say
        ("from sqlalchemy import Column\nself.reconnect()", False),
        ("from sqlalchemy import Engine\nself.engine.connect()", True),
        ("from sqlalchemy.engine import base\nself.engine.connect()", True),
        ("from app.compat import asyncio\nasyncio.open_connection('h', 1)", True),
        ("from app.compat import asyncio\nasyncio.sleep(1)", False),
        ("import asyncio\nasync def f(): await asyncio.open_connection \n ('h', 1)", True),
        ("import asyncio\nreopen_connection(1)", False),
        ("import asyncio\nreopen_connection(1); asyncio.open_connection(1)", True),
        ("import aiohttp\nopen_connection(1)", False),
        ("import asyncio, aiohttp\naiohttp.ClientSession()", True),
        ("from sqlalchemy import Column\ndef connect(self): ...", False),
        ("from sqlalchemy import Column\nasync  def  connect (self): ...", False),
        ("from sqlalchemy import Column\ndef connect(engine): return engine.connect()", True),
        ("from sqlalchemy import Column\n    # it may connect(2) later", False),
        ("from sqlalchemy import Column\nx = engine  # (old)\ny = engine.connect()", True),
        ("from sqlalchemy import Column\nx = f\"\"\"\n# {engine.connect()}\"\"\"", True),
    ],
)
def test_an_import_counts_where_a_name_of_its_library_is_called(source: str, opens: bool) -> None:
    assert gate().opens(source.encode()) is opens


@pytest.mark.parametrize(
    ("source", "opens"),
    [
        ("from ..tools import (\n    opened,\n)\nopened('a')", True),
        ("def f():\n    from . import tools\n    tools.opened('a')", True),
        ("from .tools import opened_again\nopened_again('a')", False),
        ("from tools import opened\nopened('a')", False),
        ("from app.tools import opened\nopened('a')", True),
        ("from .tools import closed\nclosed('a')", False),
    ],
)
def test_a_function_of_the_user_counts_by_a_relative_import(source: str, opens: bool) -> None:
    assert gate(("app.tools.opened",)).opens(source.encode()) is opens


@pytest.mark.parametrize(
    ("source", "opens"),
    [
        ("def opened(path): ...", True),
        ("opened = 1\nclass Store:\n    async  def \topened(self): ...", True),
        ("class opened: ...", True),
        ("def opened_again(path): ...\nopened(1)", False),
        ("undef opened", False),
        ("value = opened(1)", False),
    ],
)
def test_a_function_of_the_user_counts_where_it_is_defined(source: str, opens: bool) -> None:
    assert gate(("app.tools.opened",)).opens(source.encode()) is opens


@pytest.mark.parametrize(
    ("catalogues", "opens"),
    [((), False), (("asyncio:process",), True), (("asyncio:process", "-asyncio:process"), False), (("-all",), False)],
)
def test_calls_of_resources_that_are_off_by_default_count_where_one_is_on(
    catalogues: tuple[str, ...], opens: bool
) -> None:
    source = b"import asyncio\nasync def f(): await asyncio.create_subprocess_exec('ls')"
    assert gate((), catalogues).opens(source) is opens


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_import_that_begins_on_the_line_before(end: str) -> None:
    text = end.join(["import os", "from sqlite3 \\", "    import connect", "db = connect('x')", ""])
    assert gate().opens(text.encode())
