"""The leaks of public code in `docs/adopting.md`: the linter finds each, and nothing in the change that is proposed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flake8_naq.engine import lint
from flake8_naq.fixer import fix_source

PAGE = (Path(__file__).parents[3] / "docs" / "adopting.md").read_text("utf-8")
FINDS = re.compile(r"  # finds (NAQ\d{3})$", re.MULTILINE)


def pairs() -> dict[str, tuple[str, str, str]]:
    """Return by title what the page says, and the code before and after."""
    found = {}
    for section in PAGE.split("\n### ")[1:]:
        title, _, text = section.partition("\n")
        words, _, code = text.partition("```python\n# before\n")
        before, _, after = code.partition("```\n\n```python\n# after\n")
        found[title] = words, before, after.partition("```")[0]
    return found


PAIRS = pairs()


def found(source: str) -> list[tuple[int, str]]:
    return [(finding.line, finding.code) for finding in lint(source)]


def test_there_are_three() -> None:
    assert len(PAIRS) == PAGE.count("# before") == PAGE.count("# after") == 3


@pytest.mark.parametrize("title", PAIRS)
def test_the_leak_is_found_and_the_change_is_clean(title: str) -> None:
    _, before, after = PAIRS[title]
    expected = [(line, mark[1]) for line, text in enumerate(before.splitlines(), 1) if (mark := FINDS.search(text))]
    assert found(before) == expected != []
    assert found(after) == [] != after


@pytest.mark.parametrize("title", PAIRS)
def test_fix_writes_the_change_where_the_page_says_so(title: str) -> None:
    words, before, after = PAIRS[title]
    if "flake8-naq fix" in words:
        assert fix_source(FINDS.sub("", before), unsafe="--unsafe-fixes" in words).source == after
