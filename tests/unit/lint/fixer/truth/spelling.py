"""How a neutral body becomes a module: which connection it is, where its server comes from, what the file imports."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from lint.truth.grammar import ASYNCHRONOUS, FILE, Block, Body, Dialect, rendered

_APP = ("note", "traced")
_IMPORTS = {
    "nats": "import nats",
    "nats.errors": "import nats.errors",
    "nats.js.errors": "import nats.js.errors",
}
_ERRORS = {"NoServersError": "nats.errors", "NotFoundError": "nats.js.errors", "BucketNotFoundError": "nats.js.errors"}
_MANAGERS = ("nats_connection", "nats_jetstream", "nats_kv_store")
_BY_HAND = ("close_nats_connection", "get_jetstream_context", "get_nats_connection")
OPEN_FILES: dict[str, Any] = {
    "resource": [
        {
            "name": "file",
            "acquire": ["open"],
            "release-methods": ["close"],
            "closed-tests": ["closed"],
            "manager": "with open({args}) as {name}",
        }
    ]
}


@dataclass(frozen=True, slots=True)
class Case:
    """One program with the settings under which it is fixed; *same_server* as these settings say."""

    name: str
    source: str
    table: dict[str, Any] = field(default_factory=dict)
    same_server: bool = False


@dataclass(frozen=True, slots=True)
class Spelling:
    """A dialect, and the code around the function that is written in it."""

    name: str
    dialect: Dialect
    constructor: Block = ()
    parameter: str = ""
    jetstream: str = "{}.jetstream()"
    table: dict[str, Any] = field(default_factory=dict)
    same_server: bool = False


def _naq(opened: str) -> Dialect:
    names = "from naq.connection import close_nats_connection, get_jetstream_context, get_nats_connection"
    return Dialect("naq", names, opened, "await close_nats_connection({})", "await {}.publish('a', b'b')")


_CONTEXT = "await get_jetstream_context({})"
_OWN_URL = "await get_nats_connection(self.nats_url)"
_TAKES_URL: Block = ("def __init__(self, nats_url: str) -> None:", "    self.nats_url = nats_url")
_TAKES_CONFIG: Block = (
    "def __init__(self, config: Config | None = None) -> None:",
    "    self.config = config or get_config()",
    "    self.nats_url = self.config.nats.servers[0]",
)
_TAKES_BOTH: Block = (
    "def __init__(self, nats_url: str, config: Config) -> None:",
    "    self.nats_url = nats_url",
    "    self.config = config",
)
_SELF_CONFIG = {"config": "self.config"}
NAQ = (
    Spelling("naq", _naq("await get_nats_connection()"), jetstream=_CONTEXT),
    Spelling("naq-config", _naq(_OWN_URL), _TAKES_CONFIG, jetstream=_CONTEXT),
    Spelling("naq-url", _naq(_OWN_URL), _TAKES_URL, jetstream=_CONTEXT, table={"select": ["NAQ302"]}),
    Spelling("naq-said", _naq(_OWN_URL), _TAKES_BOTH, jetstream=_CONTEXT, table=_SELF_CONFIG, same_server=True),
    Spelling("naq-constant", _naq("await get_nats_connection(URL)"), jetstream=_CONTEXT),
    Spelling("naq-parameter", _naq("await get_nats_connection()"), parameter="config: Config", jetstream=_CONTEXT),
    Spelling(
        "naq-module",
        Dialect(
            "naq",
            "from naq import connection as by_hand",
            "await by_hand.get_nats_connection()",
            "await by_hand.close_nats_connection({})",
            "await {}.publish('a', b'b')",
        ),
        jetstream="await by_hand.get_jetstream_context({})",
    ),
)
NATS = tuple(Spelling(dialect.name, dialect) for dialect in ASYNCHRONOUS if dialect.name != "naq")
FILES = Spelling("file", FILE, table=OPEN_FILES)


def spelled(body: Body, spelling: Spelling) -> Case:
    """The whole module."""
    lines = body.lines
    if spelling.constructor:  # `rendered` makes a method of what mentions `self`
        lines = tuple(line.replace("OPEN", spelling.dialect.open) for line in lines)
    source = rendered(Body(body.name, lines, body.decorator), spelling.dialect).source
    source = re.sub(r"JETSTREAM\((\w+)\)", lambda match: spelling.jetstream.format(match[1]), source)
    if spelling.constructor:
        block = "".join(f"    {line}\n" for line in (*spelling.constructor, ""))
        source = source.replace("class Service:\n", "class Service:\n" + block.replace("    \n", "\n"), 1)
    return Case(f"{body.name}/{spelling.name}", _imported(_with_parameter(source, spelling.parameter)), spelling.table, spelling.same_server)


def _with_parameter(source: str, parameter: str) -> str:
    if not parameter and re.search(r"nats_\w+\(config\)", source):
        parameter = "config: Config"
    if not parameter:
        return source
    return re.sub(r"def subject\((.*)\):", lambda match: f"def subject({', '.join(filter(None, [match[1], parameter]))}):", source)


def _imported(source: str) -> str:
    """The imports that the code needs, and no more."""
    code = re.sub(r"(?m)^(?:import|from) .*\n", "", source)

    def used(names: tuple[str, ...]) -> list[str]:
        return [name for name in names if re.search(rf"\b{name}\b", code)]

    lines = []
    for line in source.splitlines():
        if line.startswith("from naq.connection import"):
            names = used(tuple(sorted((*_MANAGERS, *_BY_HAND))))
            lines += [f"from naq.connection import {', '.join(names)}"] if names else []
        elif line in ("import nats", "import nats as n", "from nats import connect", "from nats.aio.client import Client as NATS"):
            lines += [line] if used((line.split()[-1],)) else []
        elif line.startswith("from app import"):
            continue
        else:
            lines.append(line)
    return "\n".join([*_more_imports(source, code, lines), *lines]) + "\n"


def _more_imports(source: str, code: str, lines: list[str]) -> list[str]:
    found = []
    app = re.search(r"(?m)^from app import (.*)$", source)
    names = [*(app[1].split(", ") if app else []), *(name for name in _APP if re.search(rf"\b{name}\(", code))]
    found += [f"from app import {', '.join(sorted(set(names)))}"] if names else []
    for error, module in _ERRORS.items():
        if re.search(rf"(?<![.\w]){error}\b", code):
            found.append(f"from {module} import {error}")
    for module, line in _IMPORTS.items():
        if re.search(rf"(?<![.\w]){re.escape(module)}\.", code) and line not in lines:
            found.append(line)
    for manager in _MANAGERS:
        if re.search(rf"\b{manager}\(", code) and not any(line.startswith("from naq.connection") for line in lines):
            managers = [name for name in (*_MANAGERS, *_BY_HAND) if re.search(rf"(?<![.\w]){name}\(", code)]
            found.append(f"from naq.connection import {', '.join(sorted(managers))}")
            break
    config = [name for name in ("Config", "get_config") if re.search(rf"\b{name}\b", code)]
    return [*found, *([f"from naq.config import {', '.join(config)}"] if config else [])]
