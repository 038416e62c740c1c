"""Each module of `cfg.lower` has a table of small functions and their graphs: `lower/NAME.txt` for `NAME.py`.

`python -m lint.cfg.lower.test_graphs` in `tests` rewrites the graphs to what is built now; read the difference before
you commit it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

import flake8_naq.cfg.lower
from flake8_naq.prescan.callees import Effect
from lint.cfg.graphs import Module, dump

HERE = Path(__file__).parent
TABLES = sorted(HERE.glob("*.txt"))
WITHOUT_TABLE = {"__init__", "builder", "context", "dispatch", "operands"}


class Case(NamedTuple):
    """A function, and its graph as it is written down."""

    title: str
    source: str
    expected: str

    def built(self) -> str:
        """Return the graph as it is built now."""
        options = dict(re.findall(r"^# (\w+): (.*)$", self.source, re.MULTILINE))
        effects = dict(pair.split("=") for pair in options.get("effects", "").split())
        module = Module(
            self.source,
            {name: Effect[effect.upper()] for name, effect in effects.items()},
            frozenset(options.get("factories", "").split()),
        )
        graph = module.graph(*options.get("given", "").split(), return_slot="returned" in options)
        notes = [f"unawaited {call.what} @{call.node.lineno}" for call in graph.unawaited]
        notes += [f"not entered {manager.name} @{call.lineno}" for call, manager in graph.unentered]
        notes += [f"origin {one.number} is {one.name}" for one in graph.origins if one.name is None]
        return "\n".join([dump(graph), *notes])


def cases(path: Path) -> list[Case]:
    """Return the cases of a table."""
    found = []
    for part in path.read_text(encoding="utf-8").split("=== ")[1:]:
        title, _, rest = part.partition("\n")
        source, _, expected = rest.partition("---\n")
        found.append(Case(title, source, expected.strip()))
    return found


def written(found: list[Case]) -> str:
    """Return the text of a table, with the graphs that are built now."""
    return "\n".join(f"=== {case.title}\n{case.source}---\n{case.built()}\n" for case in found)


ALL = [pytest.param(case, id=f"{path.stem}: {case.title}") for path in TABLES for case in cases(path)]


@pytest.mark.parametrize("case", ALL)
def test_graph(case: Case) -> None:
    assert case.built().splitlines() == case.expected.splitlines()


def test_each_module_has_a_table() -> None:
    modules = {path.stem for path in Path(flake8_naq.cfg.lower.__path__[0]).glob("*.py")}
    assert {path.stem for path in TABLES} == modules - WITHOUT_TABLE


if __name__ == "__main__":
    for table in TABLES:
        table.write_text(written(cases(table)), encoding="utf-8")
