"""Whatever a client sends, the server answers what can be answered, prints no traceback, and serves the next message."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lint.lsp.editor import STARTED
from lint.lsp.raw import EXIT, Said, framed, rpc, speak
from lint.process import ENVIRONMENT

LEAK = "import nats\n\n\nasync def f():\n    nc = await nats.connect()\n    await nc.flush()\n"
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"processId": None, "rootUri": None, "capabilities": {}},
}
OPEN = {
    "jsonrpc": "2.0",
    "method": "textDocument/didOpen",
    "params": {"textDocument": {"uri": "file:///tmp/leak.py", "languageId": "python", "version": 7, "text": LEAK}},
}
HOVER = {
    "jsonrpc": "2.0",
    "id": "hover",
    "method": "textDocument/hover",
    "params": {"textDocument": {"uri": "file:///tmp/leak.py"}, "position": {"line": 4, "character": 20}},
}
DOCUMENT = {"uri": "file:///tmp/leak.py", "version": 8}
BEYOND = {"start": {"line": 900, "character": 900}, "end": {"line": -1, "character": 10**30}}
NONSENSE = {
    "not JSON": framed(b"{nonsense"),
    "not UTF-8": framed(b'{"jsonrpc": "2.0", "method": "\xff\xfe"}'),
    "not an object": framed([1, 2, 3]),
    "a batch": framed([HOVER, HOVER]),
    "null": framed(None),
    "no version": framed({"id": 5, "method": "textDocument/hover"}),
    "another version": framed({"jsonrpc": "1.0", "id": 5, "method": "textDocument/hover"}),
    "neither request nor response": framed({"jsonrpc": "2.0"}),
    "a method that is a list": framed({"jsonrpc": "2.0", "id": 5, "method": [1]}),
    "an id that is an object": framed({"jsonrpc": "2.0", "id": {}, "method": "textDocument/hover"}),
    "an answer to nothing": framed({"jsonrpc": "2.0", "id": 99, "result": 1}),
    "an error to nothing": framed({"jsonrpc": "2.0", "id": 99, "error": {"code": 1, "message": "no"}}),
    "cancelling nothing": rpc("$/cancelRequest", {"id": 77}),
    "cancelling without an id": rpc("$/cancelRequest", {}),
    "a method that is unknown": rpc("textDocument/nonsense", {"a": 1}),
    "half a character": framed({"jsonrpc": "2.0", "method": -1, "params": "\ud800"}) + rpc("\ud800", None, "half"),
    "a change of a text that is not open": rpc(
        "textDocument/didChange",
        {"textDocument": {"uri": "file:///no.py", "version": 1}, "contentChanges": [{"text": ""}]},
    ),
    "a change that is out of range": rpc(
        "textDocument/didChange", {"textDocument": DOCUMENT, "contentChanges": [{"range": BEYOND, "text": "x"}]}
    ),
    "a change without a text": rpc("textDocument/didChange", {"textDocument": DOCUMENT, "contentChanges": [{}]}),
    "closing what is not open": rpc("textDocument/didClose", {"textDocument": {"uri": "file:///no.py"}}),
    "addresses that are none": b"".join(
        rpc("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": LEAK}})
        for uri in (
            "",
            ":",
            "file:",
            "file://[",
            "http://[::1",
            "\0",
            "file:///\0",
            "file:///%00",
            "\ud800",
            "a" * 9000,
        )
    ),
    "parameters that are a number": rpc("textDocument/didOpen", 5),
    "a length that is not one": b"Content-Length: many\r\n\r\n",
    "a negative length": b"Content-Length: -5\r\n\r\n",
    "a header without an end": b"x" * 100_000 + b"\r\n",
    "headers of another protocol": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a message longer than it says": b'Content-Length: 4\r\n\r\nnull{"more": 1}',
    "a header in lower case": framed(HOVER).replace(b"Content-Length", b"content-length"),
}


@pytest.fixture(scope="module")
def everything() -> Said:
    """All of it in one go: the open text must be served before and after each."""
    parts = [framed(INITIALIZE), framed(OPEN)]
    for name, nonsense in NONSENSE.items():
        parts += [nonsense, framed({**HOVER, "id": f"after {name}"})]
    return speak(*parts, framed({**HOVER, "id": "last"}), until="last")


@pytest.mark.parametrize("name", NONSENSE)
def test_the_next_request_is_answered(name: str, everything: Said) -> None:
    assert "NAQ103" in everything.answer(f"after {name}")["result"]["contents"]["value"]


def test_the_end_is_orderly(everything: Said) -> None:
    assert everything.returncode == 0
    assert everything.answer("end")
    assert all(len(line) < 1000 for line in everything.errors.splitlines())


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (rpc("textDocument/hover", {"textDocument": 5}, 5), -32602),
        (rpc("textDocument/hover", None, 5), -32602),
        (rpc("textDocument/nonsense", {}, 5), -32601),
        (rpc("workspace/executeCommand", {"command": "rm"}, 5), -32602),
        (framed({"jsonrpc": "2.0", "id": 5, "method": None}), -32602),
        (framed({"jsonrpc": "2.0", "id": 5, "method": -1, "params": "\ud800"}), -32603),
    ],
    ids=["wrong parameters", "no parameters", "unknown method", "unknown command", "no method", "a number as a method"],
)
def test_a_request_that_cannot_be_served_is_answered_with_an_error(request_: bytes, code: int) -> None:
    said = speak(framed(INITIALIZE), request_, until=5)
    assert said.answer(5)["error"]["code"] == code
    assert "data" not in said.answer(5)["error"]
    assert said.returncode == 0


def test_a_request_before_the_beginning_is_answered_with_an_error() -> None:
    last = framed({**HOVER, "id": 2})
    said = speak(framed(HOVER), framed(OPEN), framed(INITIALIZE), framed(OPEN), last, until=2)
    assert said.answer("hover")["error"]["code"] == -32002
    assert "NAQ103" in said.answer(2)["result"]["contents"]["value"]
    assert said.returncode == 0


def test_a_request_may_be_cancelled() -> None:
    """While the server is busy with a large text."""
    cancel = rpc("$/cancelRequest", {"id": "hover"})
    large = {"uri": "file:///tmp/leak.py", "languageId": "python", "version": 7, "text": LEAK * 200}
    said = speak(framed(INITIALIZE), rpc("textDocument/didOpen", {"textDocument": large}), framed(HOVER), cancel, framed({**HOVER, "id": 2}), until=2)
    assert said.answer("hover")["error"]["code"] == -32800
    assert "NAQ103" in said.answer(2)["result"]["contents"]["value"]


@pytest.mark.parametrize("cut", [0, 1, 16, 20, 23, 60])
def test_input_that_ends_in_the_middle_ends_the_server(cut: int) -> None:
    said = speak(framed(INITIALIZE), until=1, end=framed(OPEN)[:cut])
    assert "capabilities" in said.answer(1)["result"]
    assert said.returncode == 1


def test_exit_without_shutdown_is_told_by_the_exit_code() -> None:
    assert speak(framed(INITIALIZE), until=1, end=framed(EXIT)).returncode == 1


@pytest.mark.parametrize("length", [b"300000000", b"99999999999999999999999", b"9" * 5000])
def test_a_message_of_absurd_length_is_passed_over(length: bytes) -> None:
    said = speak(framed(INITIALIZE), until=1, end=b"Content-Length: %s\r\n\r\n{}" % length)
    assert said.returncode == 1


def test_without_pygls_one_line_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pygls'] = None\n")
    path = {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run(STARTED, capture_output=True, text=True, env={**ENVIRONMENT, **path}, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "flake8-naq: pygls is not installed: pip install 'flake8-naq[lsp]'\n"


def test_in_a_terminal_it_says_what_it_is_for(tmp_path: Path) -> None:
    script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    command = [sys.executable, "-c", script, *STARTED]
    done = subprocess.run(command, input=b"\x04", capture_output=True, env=ENVIRONMENT, timeout=60, check=False)
    assert b"docs/editors.md" in done.stdout
    assert b"Traceback" not in done.stdout
