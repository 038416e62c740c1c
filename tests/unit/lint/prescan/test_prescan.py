"""Which names the prescan tracks, whose value it finds tested, and what nested functions take."""

from __future__ import annotations

import pytest

from flake8_naq.prescan.callees import Effect
from lint.cfg.graphs import Module


@pytest.mark.parametrize(
    ("body", "tracked"),
    [
        ("file = open(p)", {"file"}),
        ("a = b = open(p)", {"a", "b"}),
        ("a, b = p, open(p)", {"a", "b"}),
        ("c = b; b = a; a = open(p)", {"a", "b", "c"}),
        ("with open(p) as file: pass", {"file"}),
        ("for x in [open(p)]: pass", {"x"}),
        ("match open(p):\n  case file: pass", {"file"}),
        ("match open(p):\n  case [file]: pass", set()),
        ("print(file := open(p))", {"file"}),
        ("file: object = open(p)", {"file"}),
        ("file: object", set()),
        ("def inner():\n  file = open(p)", set()),
        ("self.file = open(p)", set()),
        ("file = p.close()", set()),
    ],
)
def test_tracked(body: str, tracked: set[str]) -> None:
    indented = body.replace("\n", "\n    ")
    assert Module(f"def f(p):\n    {indented}\n").prescan().tracked == tracked


def test_a_given_parameter_is_tracked_and_so_is_its_copy() -> None:
    assert Module("def f(a, b):\n    c = a\n    d = b\n").prescan("a").tracked == {"a", "c"}


@pytest.mark.parametrize(
    ("body", "flags", "facts"),
    [
        ("if p: pass", set(), set()),
        ("if p: pass\n    if p is None: pass", {"p"}, set()),
        ("own = p is None\n    if own: pass", {"own"}, set()),
        ("if file is p: pass", {"p"}, set()),
        ("if x.y: pass\n    if not x.y: pass", set(), {"x.y Is None"}),
        ("if x.y == 1: pass\n    if x.y != 1: pass", set(), {"x.y Eq 1"}),
        ("if file.closed: pass\n    if file.closed: pass", set(), set()),
        ("other = None\n    other.close()", {"other"}, set()),
        ("other = None\n    import other", set(), set()),
        ("for x in []:\n        if q: pass", {"q"}, set()),
        ("for x in []:\n        if q: q.y", set(), set()),
        ("match p:\n        case 1 if p: pass\n        case 2 if p: pass", {"p"}, set()),
    ],
)
def test_conditions(body: str, flags: set[str], facts: set[str]) -> None:
    found = Module(f"def f(p, q):\n    file = open(p)\n    {body}\n").prescan()
    assert (found.flags, set(found.facts)) == (flags, facts)


def test_without_a_resource_no_name_is_a_flag_because_of_its_loop_or_of_none() -> None:
    assert not Module("def f(p):\n    other = None\n    for x in []:\n        if p: pass\n").prescan().flags


def test_pathless() -> None:
    found = Module("def f(p):\n    file = open(p)\n    if p: pass\n    if p: pass\n").prescan()
    assert (found.flags, found.pathless().flags, found.pathless().tracked) == ({"p"}, set(), {"file"})


@pytest.mark.parametrize(
    ("inner", "captured", "mentioned"),
    [
        ("file.read()", False, True),
        ("file.close()", True, True),
        ("return file", True, True),
        ("yield file", True, True),
        ("unknown(file)", True, True),
        ("print(file)", False, True),
        ("borrows(file)", False, True),
        ("keeps(file)", True, True),
        ("with file: pass", True, True),
        ("nonlocal file", False, False),
        ("nonlocal file; file.read()", False, True),
        ("nonlocal file; file = p", True, True),
        ("nonlocal file; del file", True, True),
        ("nonlocal file; import file", True, False),
        ("p.read()", False, False),
    ],
)
def test_nested_functions(inner: str, captured: bool, mentioned: bool) -> None:
    source = f"def borrows(x): pass\ndef keeps(x): pass\ndef f(p):\n    file = open(p)\n    def inner():\n        {inner}\n"
    found = Module(source, {"borrows": Effect.BORROWS}).prescan()
    assert ("file" in found.captured | found.handed_later, "file" in found.mentioned) == (captured, mentioned)
    assert found.lent == ({"file"} if inner in ("unknown(file)", "keeps(file)") else set())


@pytest.mark.parametrize(
    ("body", "lent"),
    [
        ("file = open(p)\n    def inner(): unknown(file)", True),
        ("file = open(p)\n    def inner(): unknown(file)\n    def other(): file.close()", False),
        ("file = open(p)\n    def inner(): unknown(file)\n    file = open(p)", False),
        ("file = None\n    def inner(): unknown(file)\n    file = open(p)", False),
        ("while p:\n        file = open(p)\n        def inner(): unknown(file)", False),
        ("while p: pass\n    file = open(p)\n    def inner(): unknown(file)", True),
        ("file = open(p)\n    inner = lambda: unknown(file)", False),
        ("file = open(p)\n    class Inner: unknown(file)", False),
        ("file = open(p)\n    def close_all(): unknown(file)", False),
        ("file = open(p)\n    def inner(): p.shutdown(file)", False),
    ],
)
def test_what_nested_functions_lend(body: str, lent: bool) -> None:
    found = Module(f"def f(p):\n    {body}\n").prescan()
    assert ("file" in found.lent, "file" in found.captured | found.handed_later - found.lent) == (lent, not lent)


@pytest.mark.parametrize(
    ("body", "later"),
    [
        ("file = open(p)\n    def inner(): file.close()", True),
        ("file = open(p)\n    def inner(): return file", True),
        ("file = open(p)\n    def inner(): unknown(file)", True),
        ("def inner(): file.close()\n    file = open(p)", False),
        ("while p:\n        file = open(p)\n        def inner(): file.close()", False),
        ("file = open(p)\n    inner = lambda: file.close()", False),
        ("file = open(p)\n    class Inner: file.close()", False),
        ("file = open(p)\n    def inner():\n        nonlocal file\n        file = None", False),
        ("file = open(p)\n    def inner(): file.close()\n    other = lambda: file.close()", False),
    ],
)
def test_what_nested_functions_take_where_they_are_defined(body: str, later: bool) -> None:
    found = Module(f"def f(p):\n    {body}\n").prescan()
    assert ("file" in found.handed_later, "file" in found.captured) == (later, not later)


def test_a_parameter_is_taken_from_the_start() -> None:
    found = Module("def f(file):\n    file.read()\n    def inner(): file.close()\n").prescan("file")
    assert (found.captured, found.handed_later) == ({"file"}, frozenset())


def test_the_type_of_a_name_is_that_of_an_assignment_to_it_alone() -> None:
    source = (
        "import pathlib\ndef f(a):\n    b = c = pathlib.Path(a)\n    a.d = pathlib.Path(a)\n    e, = pathlib.Path(a)\n"
    )
    assert Module(source).prescan().types == {}


def test_types_and_annotations() -> None:
    found = Module(
        "import pathlib\ndef f(a: pathlib.Path, b: 'pathlib.Path | None', c: unknown.x, *d: int):\n"
        "    e = pathlib.Path(a)\n    g: pathlib.PurePath = a\n"
    ).prescan()
    assert found.types == {"a": "pathlib.Path", "b": "pathlib.Path", "c": "unknown.x", "d": "int", "e": "pathlib.Path"}
    assert len(found.annotations) == 1
