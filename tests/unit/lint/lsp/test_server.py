"""When the server checks a text, and what it leaves for later."""

from __future__ import annotations

import asyncio
import gc

import pytest

from flake8_naq.lsp.checking import Checked
from flake8_naq.lsp.server import Server


def test_nothing_is_collected_before_the_warnings_are_out(monkeypatch: pytest.MonkeyPatch) -> None:
    enabled: list[bool] = []
    texts = ["a", "b", "b", "b"]

    async def check(server: Server, uri: str, text: str) -> Checked:
        enabled.append(gc.isenabled())
        server._checked[uri] = Checked(text)
        return Checked(text)

    monkeypatch.setattr(Server, "_text", lambda server, uri: texts.pop(0) if len(texts) > 1 else texts[0])
    monkeypatch.setattr(Server, "_check", check)
    asyncio.run(Server()._follow("file:///a.py"))
    assert enabled == [False, False]
    assert gc.isenabled()
