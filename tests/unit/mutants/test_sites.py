"""What `make mutants` changes, and which tests it chooses for a change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = str(Path(__file__).resolve().parents[3] / "benchmarks" / "mutants")
sys.path.insert(0, FOLDER)
try:
    import run
    import sites
    import swap
finally:
    sys.path.remove(FOLDER)

# A source, and the texts that its mutations put in place of a part of it.
MUTATED = {
    "x = a == b": ["x = a != b"],
    "x = a < b": ["x = a <= b"],
    "x = a is not None": ["x = a is None"],
    "x = a in b": ["x = a not in b"],
    "x = a and b": ["x = (a) or (b)", "x = (b)", "x = (a)"],
    "x = a or b.c": ["x = (a) and (b.c)", "x = (b.c)", "x = (a)"],
    "x = not a": ["x = (a)"],
    "x = True": ["x = False"],
    "x = 3": ["x = 4"],
    "x = a + b": ["x = a - b"],
    "x = 'a' + b": [],
    "x = any(a)": ["x = all(a)"],
    "x = a if b else c": ["x = c if b else a"],
    "if a: b = c": ["if not (a): b = c"],
    "while not a: b = c": ["while (a): b = c"],
    "x = [a for a in b if c]": ["x = [a for a in b if not (c)]"],
    "a.b(c)": ["pass"],
    "a.b = c": ["pass"],
    "a += b": ["pass"],
    "a = b": [],
    "'''docstring'''": [],
    "assert a == 1": [],
    "a: Literal[1]": [],
    "if TYPE_CHECKING: a()": [],
    "def f(): return a": ["def f(): return None"],
    "def f(): return None": [],
    "for a in b: continue": ["for a in b: break"],
    "x = 'é😀', a is b": ["x = 'é😀', a is not b"],
}


@pytest.mark.parametrize("source", MUTATED)
def test_mutations(source: str) -> None:
    found = [one.applied(source) for one in sites.mutations("a.py", source) if one.parses(source)]
    assert found == MUTATED[source]


def test_a_mutation_keeps_the_rest_of_the_file() -> None:
    source = "x = 1\nif (a ==\n        b):\n    f()  # a comment\n"
    by_line = {one.line: one.applied(source) for one in sites.mutations("a.py", source)}
    assert by_line == {
        1: "x = 2\nif (a ==\n        b):\n    f()  # a comment\n",
        2: "x = 1\nif (a != b):\n    f()  # a comment\n",
        4: "x = 1\nif (a ==\n        b):\n    pass  # a comment\n",
    }


def test_the_tests_of_a_line_are_chosen_cheapest_first() -> None:
    times = {"slow": 5.0, "quick": 1.0, "other": 2.0, "gone": 0.1}
    mapping = run.Mapping(times, {"a.py": {1: ["slow", "quick", "gone"]}}, ["slow", "quick", "other"])
    on_line = {line: sites.Mutation("a.py", line, 0, "x", "y") for line in (1, 2)}
    assert list(mapping.chosen(on_line[1], 9.0)) == ["quick", "slow"]
    assert list(mapping.chosen(on_line[1], 5.0)) == ["quick"]
    assert list(mapping.chosen(on_line[1], 0.5)) == ["quick"]
    assert list(mapping.chosen(on_line[2], 9.0, on_import=True)) == ["quick", "other", "slow"]
    assert mapping.chosen(on_line[2], 9.0) == {}


def test_the_tests_that_mirror_the_file_come_first() -> None:
    mirror = "tests/test_a.py::test_it"
    mapping = run.Mapping({mirror: 5.0, "quick": 1.0}, {"a.py": {1: ["quick", mirror]}}, ["quick", mirror])
    assert list(mapping.chosen(sites.Mutation("a.py", 1, 0, "x", "y"), 9.0)) == [mirror, "quick"]


def test_function_lines() -> None:
    source = "x = 1\ndef f(a=1):\n    return (\n        a\n    )\nclass C:\n    y = 1\n    def g(self): x\n"
    assert sites.function_lines(source) == {3, 4, 5, 8}


@pytest.mark.parametrize("area", run.areas.AREAS, ids=lambda area: area.name)
def test_each_pattern_names_tests_that_exist(area: Any) -> None:
    root = Path(FOLDER).parent.parent
    wanted = [name.partition("::")[0] for names in area.last.values() for name in names]
    assert [name for name in (*area.mapped, *wanted) if not run.areas.tests((name,), root)] == []
    assert run.areas.sources(area, root)


FUNCTIONS = """
from functools import lru_cache
LIMIT = 1
def plain(a): return a + 1
@lru_cache
def cached(a): return a + 1
def decorator(function):
    def wrapper(a): return function(a) + 1
    return wrapper
@decorator
def decorated(a): return a
class C:
    limit = 1
    def method(self, a): return a + 1
"""


@pytest.mark.parametrize(
    ("before", "after", "applied"),
    [
        ("def plain(a): return a + 1", "def plain(a): return a - 1", True),
        ("def cached(a): return a + 1", "def cached(a): return a - 1", True),
        ("function(a) + 1", "function(a) - 1", True),
        ("self, a): return a + 1", "self, a): return a - 1", True),
        ("function(a) + 1", "1", False),  # another closure
        ("LIMIT = 1", "LIMIT = 2", False),
        ("    limit = 1", "    limit = 2", False),
    ],
)
def test_a_function_is_exchanged_where_it_is_loaded(before: str, after: str, applied: bool) -> None:
    space: dict[str, Any] = {"__name__": "exchanged"}
    exec(compile(FUNCTIONS, "exchanged.py", "exec"), space)

    def results() -> list[int]:
        return [space["plain"](5), space["cached"](5), space["decorated"](5), space["C"]().method(5)]

    assert results() == [6, 6, 6, 6]
    assert swap.Loaded().apply("exchanged.py", FUNCTIONS, FUNCTIONS.replace(before, after)) is applied
    if applied:
        assert sorted(results()) == [4, 6, 6, 6]
