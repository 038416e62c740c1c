"""What an editor's menu calls a quick fix."""

from __future__ import annotations

import pytest

from flake8_naq.lsp.code_actions import title
from flake8_naq.lsp.fixes import Fix
from flake8_naq.model import Finding, Suggestion


@pytest.mark.parametrize(
    ("manager", "caveat", "said"),
    [
        (Suggestion("async with nats_jetstream(config) as (conn, js)", "nats_jetstream", "jetstream"), "", "Use nats_jetstream"),
        (Suggestion("async with await nats.connect(url) as nc", "connect"), "", "Use 'async with'"),
        (Suggestion("with closing(sqlite3.connect(path)) as db", "closing"), "", "Use 'with'"),
        (None, "", "Fix NAQ101 hand-closed"),
        (Suggestion("with open(path) as file", "open"), "it is closed", "Use 'with' (unsafe: it is closed)"),
    ],
)
def test_a_title_names_the_manager_or_the_statement(manager: Suggestion | None, caveat: str, said: str) -> None:
    finding = Finding(1, 1, "NAQ101", "", 1, 2, "hand-closed", manager=manager)
    assert title(finding, Fix("", caveat=caveat)) == said
