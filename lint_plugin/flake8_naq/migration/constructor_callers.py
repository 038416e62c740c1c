"""Calls of classes whose constructor has changed in another file of the same run: they get a configuration, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import suppress

from flake8_naq.edits.apply import applied, parsed
from flake8_naq.edits.model import CannotFix, Edit, Need
from flake8_naq.edits.next_version import next_version
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.linking.locate import module_name
from flake8_naq.migration.fix_naq302 import constructor_of, stale_urls, url_argument_edit
from flake8_naq.project.settings import Settings
from flake8_naq.syntax.names import Names, parameters


def changed_constructors(before: str, after: str, path: str, parameter: str) -> dict[str, int]:
    """Return the classes of a module, by dotted name, whose constructor took the URL parameter and no longer does.

    Each has the position at which it took the URL, from 0, without self.
    """
    module = module_name(path)[0]
    old, new = _url_positions(before, parameter), _url_positions(after, parameter)
    return {f"{module}.{name}": at for name, at in old.items() if name not in new and module}


def _url_positions(source: str, parameter: str) -> dict[str, int]:
    if parameter not in source:
        return {}
    found: dict[str, int] = {}
    for node in parsed(source.removeprefix("\ufeff")).body:
        init = constructor_of(node) if isinstance(node, ast.ClassDef) else None
        if isinstance(node, ast.ClassDef) and init is not None:
            names = [one.arg for one in parameters(init.args)]
            if parameter in names:
                found[node.name] = names.index(parameter) - 1
    return found


def with_callers(source: str, path: str, settings: Settings, classes: Mapping[str, int]) -> str:
    """Return the text with the calls of `classes` changed; the same text where there are none."""
    wanted = {name.rpartition(".")[2] for name in classes}
    if not any(name in source for name in wanted) or "\r" in source or source.startswith("\ufeff"):
        return source
    snapshot = Snapshot(source, settings, path)
    edits = list(_calls(snapshot, classes))
    if not edits:
        return source
    needs = frozenset({Need("naq.config", "Config")}) if any("Config." in edit.text for edit in edits) else frozenset()
    try:
        after = next_version(snapshot, edits, needs).snapshot
    except CannotFix:
        return source
    stale = stale_urls(after, "")
    return applied(after.concrete, stale) if stale else after.source


def _calls(snapshot: Snapshot, classes: Mapping[str, int]) -> Iterator[Edit]:
    """Yield the edits of the calls of these classes."""
    for node in ast.walk(snapshot.module):
        if isinstance(node, ast.Call) and not snapshot.text.silenced(node.lineno):
            position = classes.get(Names(snapshot.scope_of(node), frozenset()).of(node.func) or "")
            if position is not None:
                with suppress(CannotFix):
                    yield from url_argument_edit(snapshot, node, position)
