"""A console whose encoding lacks characters, as on Windows: printing does not raise."""

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
