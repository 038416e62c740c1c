"""Editors that run flake8 through python-lsp-server show our warnings: the real server, asked over its protocol."""

from __future__ import annotations

import sys
from pathlib import Path

from lint.lsp.raw import rpc, speak
from lint.sources import LEAK

PYLSP = (sys.executable, "-W", "ignore", "-m", "pylsp")
PLUGINS = {"flake8": {"enabled": True}, "pycodestyle": {"enabled": False}, "pyflakes": {"enabled": False}}


def test_our_warnings_arrive_through_python_lsp_server(tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(LEAK)
    document = {"uri": (tmp_path / "leak.py").as_uri(), "languageId": "python", "version": 1, "text": LEAK}
    said = speak(
        rpc("initialize", {"processId": None, "rootUri": tmp_path.as_uri(), "capabilities": {}}, 1),
        rpc("initialized", {}),
        rpc("workspace/didChangeConfiguration", {"settings": {"pylsp": {"plugins": PLUGINS}}}),
        rpc("textDocument/didOpen", {"textDocument": document}),
        until="textDocument/publishDiagnostics",
        server=PYLSP,
        cwd=tmp_path,
    )
    [published] = [m["params"] for m in said.messages if m.get("method") == "textDocument/publishDiagnostics"]
    [found] = [one for one in published["diagnostics"] if one["source"] == "flake8"]
    assert found["code"] == "NAQ103"
    assert "connection 'nc' is never closed; use 'async with await nats.connect() as nc'" in found["message"]
    assert found["range"]["start"] == {"line": 4, "character": 15}
