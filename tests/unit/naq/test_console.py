"""A console that does not know every character, as those of Windows: nothing is raised."""

from __future__ import annotations

import io
import sys

import pytest

from naq.command import run


def test_a_message_with_other_characters_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), "cp1252")
    monkeypatch.setattr(sys, "stderr", screen)
    assert run(["日本"]) == 2
    screen.flush()
    assert b"\\u65e5\\u672c" in screen.buffer.getvalue()  # type: ignore[attr-defined]
