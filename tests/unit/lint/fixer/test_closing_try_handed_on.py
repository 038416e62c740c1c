"""What fails between an acquisition and its hand-off closes the resource."""

from __future__ import annotations

from textwrap import indent

import pytest

from lint.fixer.fixing import fixed, reasons

OPEN = "nc = await nats.connect(url)"
CLOSED = "except BaseException:\n    await nc.close()\n    raise"


def of(block: str) -> str:
    return f"import nats\n\n\nasync def f(self, url):\n{indent(block, '    ')}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            f"{OPEN}\n\njs = nc.jetstream()\nawait js.add_stream(name='x')\n\n# for the caller\nreturn nc, js",
            f"{OPEN}\ntry:\n    js = nc.jetstream()\n    await js.add_stream(name='x')\n{CLOSED}\n\n# for the caller\nreturn nc, js",
        ),
        (
            f"try:\n    {OPEN}\nexcept OSError:\n    return None\nif not nc.is_connected:\n    raise ValueError\nawait nc.flush()\nreturn nc",
            f"try:\n    {OPEN}\nexcept OSError:\n    return None\ntry:\n    if not nc.is_connected:\n        raise ValueError\n"
            f"    await nc.flush()\n{CLOSED}\nreturn nc",
        ),
        (f"{OPEN}\nawait nc.flush()\nself.nc = nc", f"{OPEN}\ntry:\n    await nc.flush()\n{CLOSED}\nself.nc = nc"),
    ],
)
def test_it_is_closed_where_something_fails(before: str, after: str) -> None:
    assert fixed(of(before)) == of(after)
    assert fixed(of(after)) == of(after)
    assert reasons(of(before)) == []


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (
            f"{OPEN}\nself.js = nc.jetstream()\nawait self.js.add_stream(name='x')\nself.nc = nc",
            "line 6 keeps or hands out",
        ),
        (f"{OPEN}\nawait nc.flush()\nnc = nc\nawait nc.flush()\nreturn nc", "'nc' is bound again on line 7"),
    ],
)
def test_it_is_left(block: str, reason: str) -> None:
    assert fixed(of(block), unsafe=True) == of(block)
    assert any(reason in one for one in reasons(of(block), unsafe=True)), reasons(of(block), unsafe=True)


def test_what_is_not_asynchronous() -> None:
    block = "import socket\n\n\ndef f(port):\n    sock = socket.socket()\n    sock.bind(('', port))\n    return sock\n"
    body = "    try:\n        sock.bind(('', port))\n    except BaseException:\n        sock.close()\n        raise\n    return sock\n"
    assert fixed(block) == block.replace("    sock.bind(('', port))\n    return sock\n", body)
