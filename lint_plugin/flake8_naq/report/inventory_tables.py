"""The tables of the inventory's page: their order, the controls that filter and sort them, and links to the files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape

from flake8_naq.inventory.model import Connection
from flake8_naq.model import State
from flake8_naq.project.paths import file_url as file_link
from flake8_naq.project.paths import quoted, with_slashes
from flake8_naq.project.settings import PRIORITIES
from flake8_naq.report.inventory_svg import CLASSES
from flake8_naq.report.record import printable

# The states that are to be migrated, the most harmful first.
_HARM = (State.NEVER_CLOSED, State.LEAKS, State.BY_HAND)


def by_harm(found: Sequence[Connection]) -> list[Connection]:
    """Return the connections by priority, then the file with the greatest harm first, and so within a file."""
    worst: dict[str, int] = {}
    for connection in found:
        harm = _HARM.index(connection.state)
        worst[connection.path] = min(harm, worst.get(connection.path, harm))
    return sorted(
        found,
        key=lambda c: (PRIORITIES.index(c.priority), worst[c.path], c.path, _HARM.index(c.state), c.cell, c.line),
    )


def controls(found: Sequence[Connection]) -> str:
    """Return the buttons that choose states and the order; the style sheet acts on them, without a script."""
    present = [state for state in _HARM if any(connection.state is state for connection in found)]
    shown = [("all", "all"), *((CLASSES[state], str(state)) for state in present)] if len(present) > 1 else []
    several = len({connection.path for connection in found}) > 1
    order = [("harm", "most urgent first"), ("file", "file")] if several else []
    choices = _choice("Show", "only", shown) + _choice("Sort by", "sort", order)
    return f'<form class="controls">{choices}</form>' if choices else ""


def _choice(title: str, name: str, values: Sequence[tuple[str, str]]) -> str:
    buttons = "".join(
        f'<label><input type="radio" name="{name}" id="{name}-{value}"{checked}>{escape(words)}</label>'
        for (value, words), checked in zip(values, (" checked", *[""] * len(values)), strict=False)
    )
    return f"<fieldset><legend>{title}</legend>{buttons}</fieldset>" if buttons else ""


def connections_table(found: Sequence[Connection], manager: str, file_url: str, name: str = "plain") -> str:
    """Return a table of the connections with a heading for each file; `name` is the class of the table."""
    files: dict[str, list[Connection]] = {}
    for connection in found:
        files.setdefault(connection.path, []).append(connection)
    bodies = "".join(_file(path, connections, file_url) for path, connections in files.items())
    columns = head("line", "function", "", "state", "rule", "fix", manager)
    return f'<table class="{name}"><thead>{columns}</thead>{bodies}</table>'


def head(*names: str) -> str:
    """Return the row with the names of the columns."""
    return f"<tr>{''.join(f'<th>{name}</th>' for name in names)}</tr>"


def _file(path: str, found: Sequence[Connection], file_url: str) -> str:
    level = found[0].priority
    badge = f'<span class="level {level}">{level} priority</span>' if level != "medium" else ""
    states = " ".join(sorted({f"has-{CLASSES[connection.state]}" for connection in found}))
    name = _linked(f"<code>{_breaking(printable(path))}</code>", file_url, path, found[0].line)
    rows = "".join(_row(connection, file_url) for connection in found)
    return f'<tbody class="{states}"><tr class="file"><th colspan="7">{name}{badge}</th></tr>{rows}</tbody>'


def _row(connection: Connection, file_url: str) -> str:
    fix = connection.fix or ("by hand" if connection.to_do else "")
    rule = f"{connection.rule} (noqa)" if connection.silenced else connection.rule
    state = CLASSES[connection.state]
    line = _linked(connection.place, file_url, connection.path, connection.line)
    return (
        f'<tr class="{state}"><td class="line">{line}</td>'
        f'<td class="name"><code>{_breaking(connection.function)}</code></td>'
        f'<td><span class="letter" title="{escape(connection.pattern.words)}">{connection.pattern}</span></td>'
        f'<td class="state"><i class="{state}"></i>{escape(connection.state)}</td>'
        f'<td class="rule">{escape(rule)}</td><td class="rule">{fix}</td>'
        f"<td><code>{escape(connection.manager)}</code></td></tr>"
    )


def _breaking(name: str) -> str:
    """Return the name, escaped, which may break after a dot or a slash, and nowhere else unless it is too long."""
    return escape(name).replace(".", ".<wbr>").replace("/", "/<wbr>")


def _linked(text: str, file_url: str, path: str, line: int) -> str:
    """Return the text as a link to the line of the file, if there is an address."""
    if not file_url:
        return text
    absolute = file_link(os.path.abspath(path)).removeprefix("file://")
    values = {"{path}": quoted(with_slashes(path)), "{file}": absolute, "{line}": str(line)}
    address = file_url
    for field, value in values.items():
        address = address.replace(field, value)
    return f'<a href="{escape(address)}">{text}</a>'
