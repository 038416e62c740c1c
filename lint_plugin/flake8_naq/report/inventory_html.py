"""The inventory as one HTML file to show: pictures inline, no script, nothing from a network."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path

from flake8_naq.inventory.model import Connection, Inventory, Pattern, progress
from flake8_naq.model import State
from flake8_naq.project.settings import PRIORITIES
from flake8_naq.report.inventory_svg import CLASSES, bars, ring
from flake8_naq.report.inventory_tables import by_harm, connections_table, controls, head
from flake8_naq.report.record import printable

_STYLE = Path(__file__).with_name("inventory.css")
# The picture has no more rows than this.
_MOST_ROWS = 24
Group = tuple[str, list[Connection]]
_PATTERNS = {
    Pattern.SIMPLE: "Plain publish, request and subscribe.",
    Pattern.JETSTREAM: "Streams and consumers.",
    Pattern.KEY_VALUE: "One bucket.",
    Pattern.SEVERAL: "More than one of these on one connection.",
    Pattern.OTHER: "A resource of the settings.",
}


def render(inventory: Inventory, file_url: str = "") -> str:
    """Return the text of the HTML file.

    `file_url` is the address of a line of a file, with `{path}` for the path as the page shows it, `{file}` for the
    absolute path and `{line}` for the line; without it there are no links.
    """
    name = escape(printable(os.path.basename(os.getcwd())) or "/")
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    parts = [
        f"<header><h1>Connections in {name}</h1><p>{today}</p></header>",
        _hero(inventory),
        *([_modules(inventory), _patterns(inventory)] if inventory.connections else []),
        _left(inventory, file_url),
        _unread(inventory),
        _all(inventory, file_url),
        "<footer>Taken by <code>flake8-naq inventory</code>. A connection that its function hands to other code, or "
        "whose finding is silenced, is listed, and not counted as one to migrate.</footer>",
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Connections in {name}: {inventory.progress}</title>\n"
        f"<style>\n{_STYLE.read_text('utf-8')}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>"
    )


def _hero(inventory: Inventory) -> str:
    done = inventory.progress
    left = done.total - done.migrated
    if not inventory.connections:
        said, more = "No connection here", "No file uses what the linter knows."
    elif left:
        said = f"{done.migrated} of {done.total} connections are migrated"
        more = f"{left} still to go; {_fixable(inventory)}."
    else:
        said, more = f"{done.total} of {done.total} connections are managed", "Nothing is closed by hand or leaks."
    figures = "".join(
        f'<li class="{name}"><b>{number}</b><span>{escape(state)}</span></li>'
        for state, name in CLASSES.items()
        if state is not State.MANAGED
        for number in [sum(connection.state is state for connection in inventory.connections)]
    )
    return (
        f'<section class="hero">{ring(done)}<div><h2>{said}</h2><p class="hint">{more} '
        f'{inventory.files:,} files read.</p><ul class="figures">{figures}</ul></div></section>'
    )


def _fixable(inventory: Inventory) -> str:
    """Return a sentence on how many connections the fixer can migrate."""
    fixes = [connection.fix for connection in inventory.connections if connection.to_do]
    safe, unsafe = fixes.count("safe"), fixes.count("unsafe")
    if not safe and not unsafe:
        return "each is named below, with what to write instead"
    return f"<code>flake8-naq fix</code> does {safe} of them" + (f", and {unsafe} more with review" if unsafe else "")


def _modules(inventory: Inventory) -> str:
    legend = "".join(f'<li><i class="{name}"></i>{escape(state)}</li>' for state, name in CLASSES.items())
    what, groups = _groups(inventory)
    return (
        f'<section><h2>Progress by {what}</h2><p class="hint">Each bar is as long as the {what} has connections.</p>'
        f'<ul class="legend">{legend}</ul>{bars(groups)}</section>'
    )


def _groups(inventory: Inventory) -> tuple[str, list[Group]]:
    """Return the connections by file, or by folder if the picture has too few rows; the group with most to do first."""
    files = inventory.grouped(lambda connection: printable(connection.path))
    if len(files) <= _MOST_ROWS:
        return "module", _sorted(files)
    depth = max(path.count("/") for path in files)
    groups = files
    while depth > 0 and len(groups) > _MOST_ROWS:
        groups = inventory.grouped(partial(_folder, depth=depth))
        depth -= 1
    return "folder", _shortened(_sorted(groups))


def _folder(connection: Connection, depth: int) -> str:
    parts = printable(connection.path).split("/")[:-1]
    return "/".join(parts[:depth]) or "."


def _sorted(groups: dict[str, list[Connection]]) -> list[Group]:
    return sorted(groups.items(), key=lambda group: (-sum(c.to_do for c in group[1]), group[0]))


def _shortened(groups: list[Group]) -> list[Group]:
    """Merge the groups for which the picture has no room into one row."""
    if len(groups) <= _MOST_ROWS:
        return groups
    shown, rest = groups[: _MOST_ROWS - 1], groups[_MOST_ROWS - 1 :]
    return [*shown, (f"{len(rest)} others", [connection for _, found in rest for connection in found])]


def _patterns(inventory: Inventory) -> str:
    groups = inventory.grouped(lambda connection: connection.pattern)
    cards = "".join(_card(pattern, groups[pattern]) for pattern in Pattern if pattern in groups)
    return (
        '<section><h2>By pattern</h2><p class="hint">What the code does with a connection decides on its manager.</p>'
        f'<div class="cards">{cards}</div>{_priorities(inventory)}</section>'
    )


def _card(pattern: Pattern, found: Sequence[Connection]) -> str:
    done = progress(found)
    return (
        f'<div><h3><span class="letter">{pattern}</span>{escape(pattern.words)}</h3>'
        f'<p class="number">{done.migrated} <small>of {done.total} migrated</small></p>'
        f'<div class="meter"><i style="width:{done.percent}%"></i></div><p>{_PATTERNS[pattern]}</p></div>'
    )


def _priorities(inventory: Inventory) -> str:
    """Return a line for each priority, if there are several."""
    groups = inventory.grouped(lambda connection: connection.priority)
    if len(groups) < 2:
        return ""
    rows = "".join(
        f'<tr><td class="rule">{name} priority</td><td class="wide"><div class="meter">'
        f'<i style="width:{done.percent}%"></i></div></td><td class="rule">{done.migrated} of {done.total}</td></tr>'
        for name, done in ((level, progress(groups[level])) for level in PRIORITIES if level in groups)
    )
    return f'<table class="priorities">{rows}</table>'


def _left(inventory: Inventory, file_url: str) -> str:
    left = [connection for connection in inventory.connections if connection.to_do]
    if not left:
        return ""
    urgent = connections_table(by_harm(left), "write instead", file_url, "by-harm")
    by_file = connections_table(sorted(left, key=lambda c: c.order), "write instead", file_url, "by-file")
    return (
        '<section class="left"><h2>What is left</h2><p class="hint">The most urgent first, each with what to write '
        f"instead.</p>{controls(left)}{urgent}{by_file}</section>"
    )


def _all(inventory: Inventory, file_url: str) -> str:
    rest = [connection for connection in inventory.connections if not connection.to_do]
    if not rest:
        return ""
    return (
        f"<section><details><summary>Managed, handed off and silenced: {len(rest)}</summary>"
        f"{connections_table(rest, 'manager', file_url)}</details></section>"
    )


def _unread(inventory: Inventory) -> str:
    if not inventory.unread:
        return ""
    rows = "".join(
        f"<tr><td><code>{escape(printable(path))}</code></td><td>{escape(printable(reason))}</td></tr>"
        for path, reason in inventory.unread
    )
    return f"<section><h2>Not looked at</h2><table>{head('file', 'why')}{rows}</table></section>"
