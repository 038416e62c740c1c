"""Which names keep the results of a resource."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.catalogue.model import MethodNames
from flake8_naq.prescan.kept_results import kept_results
from flake8_naq.syntax.bindings import assignments

NONE = frozenset[str]()
METHODS = MethodNames(frozenset({"wait"}), NONE, NONE, NONE, frozenset({"poll", "returncode"}), NONE, NONE)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("code = process.poll()", {"code": "process.poll()"}),
        ("code = process.returncode", {"code": "process.returncode"}),
        ("code = self.process.poll()", {"code": "self.process.poll()"}),
        ("code = None; code = process.poll()", {"code": "process.poll()"}),
        ("code = process.poll(); code = process.wait()", {"code": "process.poll()"}),
        ("code = process.poll(); code = await process.wait()", {"code": "process.poll()"}),
        ("code = process.poll(); other = 1", {"code": "process.poll()"}),
        ("code = process.poll(); code = other.wait()", {}),
        ("code = process.poll(); code = process.pid", {}),
        ("code = process.poll(); code = 1", {}),
        ("code = process.wait()", {}),
        ("code = other.poll()", {}),
        ("code = poll()", {}),
    ],
)
def test_the_results_that_names_keep(body: str, kept: dict[str, str]) -> None:
    assigned = [one for node in ast.parse(body).body for one in assignments(node)]
    found = kept_results(assigned, {"process", "self.process"}, METHODS)
    assert {name: ast.unparse(value) for name, value in found.items()} == kept
