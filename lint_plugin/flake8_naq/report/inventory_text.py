"""The inventory as a table for a terminal, as Markdown for a page, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from flake8_naq.inventory.model import Connection, Inventory, Pattern, progress
from flake8_naq.model import State
from flake8_naq.report.record import printable

_HEAD = ("priority", "pattern", "place", "function", "state", "rule", "fix", "manager")


def cells(connection: Connection) -> tuple[str, ...]:
    """Return the cells of a connection's row, in the order of the header."""
    rule = f"{connection.rule} (noqa)" if connection.silenced else connection.rule
    return (
        connection.priority,
        connection.pattern,
        f"{printable(connection.path)}:{connection.place}",
        connection.function,
        connection.state,
        rule,
        connection.fix or ("" if not connection.to_do else "by hand"),
        connection.manager,
    )


def table(inventory: Inventory) -> str:
    """Return aligned columns, then totals."""
    rows = [_HEAD, *(tuple(map(on_one_line, cells(connection))) for connection in inventory.connections)]
    widths = [max(len(row[index]) for row in rows) for index in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", *totals(inventory)] if inventory.connections else totals(inventory))


def on_one_line(cell: str) -> str:
    """Return the cell on one line: the name of a file may have line breaks."""
    return " ".join(cell.splitlines())


def totals(inventory: Inventory) -> Iterator[str]:
    """Yield lines of totals: of all connections, then by priority, pattern and state."""
    found = inventory.connections
    done, files = inventory.progress, inventory.files
    counted = f"{len(found)} connection{'s' * (len(found) != 1)} in {files} file{'s' * (files != 1)}"
    yield f"{done} ({done.percent} %), {counted}"
    yield from _by("priority", inventory.grouped(lambda c: c.priority).items())
    by_pattern = inventory.grouped(lambda c: c.pattern)
    yield from _by("pattern", ((f"{p} {p.words}", by_pattern[p]) for p in Pattern if p in by_pattern))
    by_state = inventory.grouped(lambda c: c.state)
    yield from (f"  {state}: {len(by_state[state])}" for state in State if state in by_state)


def _by(what: str, groups: Iterable[tuple[str, Sequence[Connection]]]) -> Iterator[str]:
    return (f"  {what} {name}: {progress(group)}" for name, group in groups)


def markdown(inventory: Inventory) -> str:
    """Return progress, modules and connections as tables of GitHub's Markdown."""
    lines = [f"# Connections: {inventory.progress} ({inventory.progress.percent} %)", ""]
    lines += _table(("module", "migrated", "of", "progress"), map(_module_row, _modules(inventory)))
    lines += ["", "## Patterns", ""]
    by_pattern = inventory.grouped(lambda c: c.pattern)
    rows = [(f"{p} {p.words}", progress(by_pattern[p])) for p in Pattern if p in by_pattern]
    lines += _table(("pattern", "migrated", "of"), ((name, str(p.migrated), str(p.total)) for name, p in rows))
    lines += ["", "## Connections", ""]
    lines += _table(_HEAD, ([_code(i, cell) for i, cell in enumerate(cells(c))] for c in inventory.connections))
    return "\n".join(lines)


def _modules(inventory: Inventory) -> list[tuple[str, list[Connection]]]:
    return sorted(inventory.grouped(lambda c: c.path).items())


def _module_row(module: tuple[str, list[Connection]]) -> Sequence[str]:
    name, found = module
    done = progress(found)
    blocks = round(done.percent / 10)
    return (f"`{_escaped(name)}`", str(done.migrated), str(done.total), "█" * blocks + "░" * (10 - blocks))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _code(index: int, cell: str) -> str:
    """Places, functions and code in the font of code."""
    return f"`{_escaped(cell)}`" if cell and _HEAD[index] in ("place", "function", "manager") else cell


def _escaped(text: str) -> str:
    return " ".join(printable(text).replace("|", "\\|").replace("`", "'").split())


def as_json(inventory: Inventory) -> str:
    """Return a JSON object with `connections`, `totals` (by priority, pattern, state, module) and `unread` files."""
    data = {
        "connections": [_object(connection) for connection in inventory.connections],
        "totals": {
            **_counts(inventory.connections),
            "connections": len(inventory.connections),
            "files": inventory.files,
            "by_priority": _grouped(inventory, lambda c: c.priority),
            "by_pattern": _grouped(inventory, lambda c: c.pattern),
            "by_module": _grouped(inventory, lambda c: printable(c.path)),
            "by_state": {state: len(found) for state, found in inventory.grouped(lambda c: c.state).items()},
        },
        "unread": [{"path": printable(path), "reason": reason} for path, reason in inventory.unread],
    }
    return json.dumps(data, indent=2, ensure_ascii=False)


def _object(connection: Connection) -> dict[str, Any]:
    return {
        "path": printable(connection.path),
        "cell": connection.cell or None,
        "line": connection.line,
        "column": connection.column,
        "function": connection.function,
        "resource": connection.resource,
        "pattern": connection.pattern,
        "state": connection.state,
        "rule": connection.rule or None,
        "manager": connection.manager or None,
        "fix": connection.fix or None,
        "priority": connection.priority,
        "silenced": connection.silenced,
    }


def _counts(found: Sequence[Connection]) -> dict[str, int]:
    done = progress(found)
    return {"migrated": done.migrated, "total": done.total}


def _grouped(inventory: Inventory, by: Callable[[Connection], str]) -> dict[str, dict[str, int]]:
    return {str(name): _counts(found) for name, found in sorted(inventory.grouped(by).items())}
