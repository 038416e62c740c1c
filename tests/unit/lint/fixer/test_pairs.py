"""Every before and after of the migration document: `fix(before)` is `after`, names, imports, comments and handlers included.

The document shows fragments; each is here in a class or function with its imports. Where it names an exception that
nats-py does not have, `after` has the right one. `*.before.py` and `*.after.py` are golden files.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.fixer import fix_source

PAIRS = sorted(path.name.removesuffix(".before.py") for path in Path(__file__).with_name("pairs").glob("*.before.py"))


def text(name: str, which: str) -> str:
    return (Path(__file__).with_name("pairs") / f"{name}.{which}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAIRS)
def test_before_becomes_after(name: str) -> None:
    assert fix_source(text(name, "before"), unsafe=True).source == text(name, "after")


@pytest.mark.parametrize("name", PAIRS)
def test_after_stays(name: str) -> None:
    assert fix_source(text(name, "after"), unsafe=True).source == text(name, "after")


def test_all_examples_of_the_document_are_here() -> None:
    assert len(PAIRS) == 6


def test_without_unsafe_fixes_no_server_changes() -> None:
    for name in PAIRS:
        assert "self.config" not in fix_source(text(name, "before")).source


def test_a_method_that_does_not_exist_is_reported() -> None:
    left = fix_source(text("queue_core", "before"), unsafe=True).unfixed
    assert [(one.finding.code, one.reason) for one in left] == [
        ("NAQ304", "no known replacement for this method")
    ]
