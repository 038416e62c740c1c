"""Which texts mention mocks or patches."""

from __future__ import annotations

import pytest

from flake8_naq.facts.doubles import has_doubles


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nc = Mock()", True),
        ("def test(monkeypatch): ...", True),
        ("with Patch('app.nats'): ...", True),
        ("dispatch(nc)", False),
        ("nc.publish('a')", False),
    ],
)
def test_has_doubles(text: str, found: bool) -> None:
    assert has_doubles(text) is found
