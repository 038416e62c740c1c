"""Statement forms as blocks of text in a neutral spelling, and how a block becomes a program in one dialect.

The neutral words: `OPEN` (an expression that acquires), `CLOSE(nc)`, `USE(nc)`, `WORK`, `CHECK` (an awaited condition),
`PASS(nc)` (awaited, its body elsewhere), `STILL(nc)` (a test that it is open), and the keys of `_words`.
What to put together is in `forms` and `sampler`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lint.truth.fake import SUBJECT

Block = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """The body of the function under test, before it is rendered."""

    name: str
    lines: Block
    decorator: str = ""


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    dialect: str
    source: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """The spelling of the neutral words."""

    name: str
    imports: str
    open: str
    close: str
    use: str
    asynchronous: bool = True


NATS = Dialect("nats", "import nats", "await nats.connect(URL)", "await {}.close()", "await {}.publish('a', b'b')")
_DRAIN = Dialect("drain", "import nats as n", "await n.connect(URL)", "await {}.drain()", "await {}.publish('a', b'b')")
_WAIT = Dialect(
    "wait_for",
    "from nats import connect",
    "await asyncio.wait_for(connect(URL), 5)",
    "await asyncio.wait_for({}.close(), 5)",
    "await {}.publish('a', b'b')",
)
_CLIENT = Dialect("client", "from nats.aio.client import Client as NATS", "", NATS.close, NATS.use)
_NAQ = Dialect(
    "naq",
    "from naq.connection import close_nats_connection, get_nats_connection",
    "await get_nats_connection(URL)",
    "await close_nats_connection({})",
    "await {}.publish('a', b'b')",
)
FILE = Dialect("file", "", "open(URL)", "{}.close()", "{}.read()", asynchronous=False)
ASYNCHRONOUS = (NATS, _CLIENT, _NAQ, _WAIT, _DRAIN)

# Functions of the same file, added where they are called.
HELPERS: dict[str, Block] = {
    "shut": ("ASYNC def shut(c):", "    CLOSE(c)"),
    "shut_if": ("ASYNC def shut_if(c):", "    if c is not None:", "        CLOSE(c)"),
    "shut_after": ("ASYNC def shut_after(c):", "    try:", "        WORK", "    finally:", "        CLOSE(c)"),
    "shut_late": ("ASYNC def shut_late(c):", "    WORK", "    CLOSE(c)"),
    "shut_maybe": ("ASYNC def shut_maybe(c):", "    if ready():", "        CLOSE(c)"),
    "shut_quietly": (
        "ASYNC def shut_quietly(c):",
        "    try:",
        "        CLOSE(c)",
        "    except Exception:",
        "        pass",
    ),
    "shut_twice": ("ASYNC def shut_twice(c):", "    AWAIT shut(c)"),
    "shut_named": ("ASYNC def shut_named(*, reason, c):", "    CLOSE(c)"),
    "peek": ("ASYNC def peek(c):", "    if c:", "        USE(c)", "    WORK"),
    "retain": ("def retain(c):", "    POOL['c'] = c"),
    "relay": ("ASYNC def relay(c):", "    PASS(c)"),
    "tell": ("def tell(c):", "    print(c)", "    step()"),
    "made": ("ASYNC def made():", "    c = OPEN", "    return c"),
    "made_or_none": ("ASYNC def made_or_none():", "    if ready():", "        return None", "    c = OPEN", "    return c"),
    "made_pair": ("ASYNC def made_pair():", "    c = OPEN", "    return c, 1"),
    "made_twice": ("ASYNC def made_twice():", "    return AWAIT made()"),
}
_APP = ("work", "use", "check", "step", "keep", "lend", "ready", "kind", "guard", "stream", "POOL")
_PARAMETERS = ("own", "flag", "items", "mode", "job", "shelf", "given")


def indent(block: Iterable[str], levels: int = 1) -> Block:
    return tuple("    " * levels + line for line in block)


def compound(head: str, block: Sequence[str]) -> Block:
    """`head:` over a block, which is `pass` where it is empty."""
    return (f"{head}:", *indent(block or ("pass",)))


def when(test: str, block: Sequence[str], orelse: Sequence[str] = ()) -> Block:
    return (*compound(f"if {test}", block), *(compound("else", orelse) if orelse else ()))


def attempt(
    block: Sequence[str],
    handlers: Sequence[tuple[str, Sequence[str]]] = (),
    orelse: Sequence[str] = (),
    final: Sequence[str] = (),
) -> Block:
    """A try statement; `finally: pass` where it would have neither handler nor finally."""
    lines = compound("try", block)
    for head, action in handlers:
        lines += compound(f"except {head}".rstrip(), action)
    if orelse and handlers:
        lines += compound("else", orelse)
    if final or not handlers:
        lines += compound("finally", final)
    return lines


def rendered(body: Body, dialect: Dialect) -> Program:
    """The whole source, in that dialect, or the nearest one that has the form."""
    if dialect.name == "client" and re.search(r"OPEN", re.sub(r"(?m)^ *\w+ = OPEN$", "", "\n".join(body.lines))):
        dialect = NATS
    lines = [*_definition(body)]
    text = "\n".join(lines)
    helpers = [line for name in _helpers_in(text) for line in (*HELPERS[name], "", "")]
    code = "\n".join(_spelled(line, dialect) for line in (*helpers, *lines))
    return Program(body.name, dialect.name, _header(code, dialect) + code + "\n")


def _definition(body: Body) -> Block:
    text = "\n".join(body.lines)
    parameters = [name for name in _PARAMETERS if re.search(rf"\b{name}\b", text)]
    method = "self." in text
    head = f"ASYNC def {SUBJECT}({', '.join(['self'] * method + parameters)})"
    function = (*([body.decorator] if body.decorator else ()), *compound(head, body.lines))
    return compound("class Service", function) if method else function


def _helpers_in(text: str) -> list[str]:
    """The helpers that the text calls, and those that they call, in the order of definition."""
    wanted = {name for name in HELPERS if f"{name}(" in text}
    wanted |= {name.removesuffix("_twice") for name in wanted if name.endswith("_twice")}
    return [name for name in HELPERS if name in wanted]


def _header(code: str, dialect: Dialect) -> str:
    names = [name for name in _APP if re.search(rf"\b{name}\b", code)]
    imports = [f"import {name}" for name in ("asyncio", "contextlib", "logging", "pytest") if f"{name}." in code]
    imports += [dialect.imports] if dialect.imports else []
    imports += [f"from app import {', '.join(names)}"] if names else []
    log = ["", "log = logging.getLogger(__name__)"] if "logging" in code or "log." in code else []
    if log and "import logging" not in imports:
        imports.insert(0, "import logging")
    return "\n".join([*imports, *log, "URL = 'where'", "", "", ""])


def _words(dialect: Dialect) -> dict[str, str]:
    wait = "await " if dialect.asynchronous else ""
    plain = {"OPEN": dialect.open, "WORK": f"{wait}work()", "CHECK": f"{wait}check()", "AWAIT ": wait}
    if not dialect.asynchronous:
        return plain | {
            "ASYNC ": "",
            "CANCELLED": "KeyError",
            "EXITSTACK": "contextlib.ExitStack",
            "ENTER": "enter_context",
            "CALLBACK": "callback",
            "MANAGER": "contextlib.contextmanager",
            "CLOSED": "closed",
        }
    return plain | {
        "ASYNC ": "async ",
        "CANCELLED": "asyncio.CancelledError",
        "EXITSTACK": "contextlib.AsyncExitStack",
        "ENTER": "enter_async_context",
        "CALLBACK": "push_async_callback",
        "MANAGER": "contextlib.asynccontextmanager",
        "CLOSED": "is_closed",
    }


def _spelled(line: str, dialect: Dialect) -> str:
    if dialect.name == "client":
        line = re.sub(r"^( *)(\w+) = OPEN$", r"\1\2 = NATS()\n\1await \2.connect(URL)", line)
    forms = {
        "CLOSE": dialect.close,
        "USE": dialect.use,
        "PASS": "await use({})" if dialect.asynchronous else "use({})",
        "STILL": "{}.is_connected" if dialect.asynchronous else "not {}.closed",
    }
    words = _words(dialect)
    line = re.sub(r"\b(CLOSE|USE|PASS|STILL)\((\w+)\)", lambda match: forms[match[1]].format(match[2]), line)
    return re.sub(r"\b(?:" + "|".join(words) + r")\b", lambda match: words[match[0]], line)
