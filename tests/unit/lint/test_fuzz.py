"""Grammatical nonsense: whatever Python parses, the linter gets through."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flake8_naq.engine import lint
from flake8_naq.project.settings import settings_from_table

_FILE = {"name": "file", "acquire": ["open"], "release-methods": ["close"], "manager": "with open({args}) as {name}"}
_SETTINGS = settings_from_table({"resource": [_FILE]})
_QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
_LONG = settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))

_AROUND = "import nats\nasync def f(url, flag):\n    nc = await nats.connect(url)\n{}\n    await nc.close()\n"


def with_everything() -> st.SearchStrategy[str]:
    """Any program, and any as a part of a function that connects."""
    import hypothesmith  # seconds that only the processes which run these tests need to take

    nodes = hypothesmith.from_node()
    indented = nodes.map(lambda text: "".join(f"    {line}\n" for line in text.splitlines()))
    return st.one_of(nodes, hypothesmith.from_grammar(), st.builds(_AROUND.format, indented))


def about_resources(source: str, data: st.DataObject) -> str:
    """The same program with some of its names replaced by names that the linter follows."""
    names = sorted({match for match in re.findall(r"\b[^\W\d]\w*\b", source) if not keyword.iskeyword(match)})
    for name, known in (("open", "open"), ("nats", "nats"), ("nc", "nc")):
        if names and data.draw(st.booleans(), label=name):
            source = re.sub(rf"\b{re.escape(data.draw(st.sampled_from(names), label=known))}\b", known, source)
    return source


def survives(source: str, data: st.DataObject) -> None:
    changed = about_resources(source, data)
    try:
        ast.parse(changed)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for finding in lint(changed, settings=_SETTINGS):
        assert 0 < finding.line <= finding.end_line <= len(changed.splitlines()) + 1


def _property(examples: settings) -> Callable[[], None]:
    return examples(given(with_everything(), st.data())(survives))


@pytest.mark.filterwarnings("ignore")  # invalid escapes in what was generated
def test_generated_programs() -> None:
    _property(_QUICK)()


@pytest.mark.fuzz
@pytest.mark.filterwarnings("ignore")
def test_many_generated_programs() -> None:
    _property(_LONG)()
