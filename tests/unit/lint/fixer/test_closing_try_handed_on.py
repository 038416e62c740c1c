"""What fails between an acquisition and its hand-off closes the resource."""

from __future__ import annotations

from textwrap import indent

import pytest

from flake8_naq.fixer import fix_source
from flake8_naq.project.codes import off_by_default
from flake8_naq.project.settings import Settings
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
        *(
            (
                f"try:\n    {OPEN}\n    await nc.flush()\n{handler}\nreturn nc",
                f"try:\n    {OPEN}\n    try:\n        await nc.flush()\n{indent(CLOSED, '    ')}\n{handler}\nreturn nc",
            )
            for handler in (
                "except OSError as error:\n    raise ValueError(url) from error",
                "except OSError:\n    return None",
                "except OSError:\n    if url:\n        return None\n    raise",
            )
        ),
        (
            f"while True:\n    try:\n        {OPEN}\n        await nc.flush()\n        return nc\n    except OSError:\n        print(url)",
            f"while True:\n    try:\n        {OPEN}\n        try:\n            await nc.flush()\n{indent(CLOSED, ' ' * 8)}\n"
            "        return nc\n    except OSError:\n        print(url)",
        ),
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
        *(
            (
                f"for x in url:\n    try:\n        {OPEN}\n        await nc.flush()\n    {handler}\nreturn nc",
                "what follows line 9 may use it",
            )
            for handler in (
                "except OSError:\n        print(url)",
                "except OSError:\n        continue",
                "except OSError:\n        if x:\n            break\n        raise",
                "except OSError:\n        print(nc)\n        raise",
                "except OSError:\n        return nc",
            )
        ),
        (
            f"try:\n    {OPEN}\n    await nc.flush()\n    return nc, url()\nexcept OSError:\n    raise ValueError from None",
            "line 10 may fail where it is handed on",
        ),
        (
            f"import contextlib\nwith contextlib.suppress(OSError):\n    {OPEN}\n    await nc.flush()\nreturn nc",
            "the block of line 6 may end after an exception",
        ),
        (
            f"import pytest\nwith pytest.raises(OSError):\n    {OPEN}\n    await nc.flush()\nreturn nc",
            "the block of line 6 may end after an exception",
        ),
        (
            f"{OPEN}\ntry:\n    await nc.flush()\nexcept Exception:\n    return None\nreturn nc",
            "a handler may take the error of line 9 first",
        ),
        (f"{OPEN}\nawait nc.flush()\nnc = nc\nawait nc.flush()\nreturn nc", "'nc' is bound again on line 7"),
    ],
)
def test_it_is_left(block: str, reason: str) -> None:
    assert fixed(of(block), unsafe=True) == of(block)
    assert any(reason in one for one in reasons(of(block), unsafe=True)), reasons(of(block), unsafe=True)


HEAD = "import nats\n\n\nclass Bus:\n    async def __aenter__(self):\n"
TAIL = "        return self\n\n    async def __aexit__(self, *error):\n        await self.nc.close()\n"


def entering(block: str) -> str:
    return HEAD + indent(block, " " * 8) + "\n" + TAIL


KEPT = OPEN.replace("nc =", "self.nc =").replace("url", "self.url")
KEPT_CLOSED = CLOSED.replace("nc.", "self.nc.")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"{KEPT}\nawait self.nc.flush()", f"{KEPT}\ntry:\n    await self.nc.flush()\n{KEPT_CLOSED}"),
        (
            f"try:\n    {KEPT}\nexcept OSError:\n    raise ValueError\nawait self.nc.flush()",
            f"try:\n    {KEPT}\nexcept OSError:\n    raise ValueError\ntry:\n    await self.nc.flush()\n{KEPT_CLOSED}",
        ),
    ],
)
def test_an_attribute_is_closed_where_no_object_comes_of_it(before: str, after: str) -> None:
    assert fixed(entering(before)) == entering(after)
    assert reasons(entering(before)) == []


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (f"if not self.nc:\n    {KEPT}\n    await self.nc.flush()", "line 6 asks for it"),
        (
            f"try:\n    {KEPT}\n    await self.nc.flush()\nexcept OSError:\n    return None",
            "what follows line 9 may use it",
        ),
    ],
)
def test_an_attribute_is_left(block: str, reason: str) -> None:
    assert fixed(entering(block)) == entering(block)
    assert any(reason in one for one in reasons(entering(block))), reasons(entering(block))


def test_what_another_rule_reports_behind_it_does_not_keep_a_fix_away() -> None:
    """NAQ111, which is off, reports that `Solr` may fail, and `fix` asks all rules whether it has made a finding."""
    head = "import pysolr\nimport requests\n\n\ndef f(url):\n    session = requests.Session()\n"
    end = "    return pysolr.Solr(url, session=session)\n"
    asked = "    answer = session.get(url)\n    answer.raise_for_status()\n"
    result = fix_source(f"{head}{asked}{end}", Settings(select=off_by_default()))
    closed = "    except BaseException:\n        session.close()\n        raise\n"
    assert result.source == f"{head}    try:\n{indent(asked, '    ')}{closed}{end}"


@pytest.mark.parametrize(
    "returned", ["Bus(nc, make())", "cls(make(), client=nc)", "nc, make()", "Stack([Bus(nc)]), make()", "make()"]
)
def test_the_return_that_may_fail_is_in_the_try(returned: str) -> None:
    before = f"{OPEN}\nawait nc.flush()\nreturn {returned}"
    after = f"{OPEN}\ntry:\n    await nc.flush()\n    return {returned}\n{CLOSED}"
    assert fixed(of(before)) == of(after if "nc" in returned else before)


@pytest.mark.parametrize("returned", ["start(nc, make())", "Bus(started(nc), make())", "self.wrap(nc, make())"])
def test_the_return_that_may_keep_it_and_fail_is_left(returned: str) -> None:
    source = of(f"{OPEN}\nawait nc.flush()\nreturn {returned}")
    assert reasons(source) == ["line 7 may fail where it is handed on, or before"]


def test_what_is_not_asynchronous() -> None:
    block = "import socket\n\n\ndef f(port):\n    sock = socket.socket()\n    sock.bind(('', port))\n    return sock\n"
    body = "    try:\n        sock.bind(('', port))\n    except BaseException:\n        sock.close()\n        raise\n    return sock\n"
    assert fixed(block) == block.replace("    sock.bind(('', port))\n    return sock\n", body)


@pytest.mark.parametrize(
    ("opened", "used", "close"),
    [
        ("smtplib.SMTP('mail')", "starttls()", "close"),  # `quit` raises where the server is gone
        ("poplib.POP3('mail')", "user('me')", "close"),
        ("imaplib.IMAP4('mail')", "login('me', '')", "shutdown"),  # `close` closes the mailbox alone
    ],
)
def test_no_close_hides_the_error(opened: str, used: str, close: str) -> None:
    library = opened.partition(".")[0]
    head = f"import {library}\n\n\ndef f():\n    found = {opened}\n"
    guarded = f"    try:\n        found.{used}\n    except BaseException:\n        found.{close}()\n        raise\n"
    assert fixed(f"{head}    found.{used}\n    return found\n") == f"{head}{guarded}    return found\n"


def test_a_comment_that_ends_the_block_stays_in_it() -> None:
    body = "for one in url:\n    await nc.publish(one, b'')\n    # and no more\n"
    after = of(f"{OPEN}\ntry:\n{indent(body, '    ')}{CLOSED}\nreturn nc")
    assert fixed(of(f"{OPEN}\n{body}return nc")) == after
