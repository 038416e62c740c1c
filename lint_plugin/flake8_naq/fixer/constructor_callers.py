"""Calls of classes whose constructor has changed in another file of the same run: they get a configuration, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flake8_naq.engine import module_name
from flake8_naq.fixer.apply import applied, parsed
from flake8_naq.fixer.fix_naq302 import SERVERS, stale_urls
from flake8_naq.fixer.model import CannotFix, Edit, Need, Plan
from flake8_naq.fixer.server_config import constructor_of
from flake8_naq.fixer.session import changed
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.settings import Settings
from flake8_naq.syntax.names import Names, parameters


@dataclass(frozen=True, slots=True)
class Changed:
    """A constructor that took a URL under that name and at that position (from 0, without self), and now a Config."""

    parameter: str
    position: int


def changed_constructors(before: str, after: str, path: str, parameter: str) -> dict[str, Changed]:
    """The classes of a module, by dotted name, whose constructor took the URL parameter before and does not after."""
    module = module_name(path)[0]
    old, new = _url_positions(before, parameter), _url_positions(after, parameter)
    return {f"{module}.{name}": Changed(parameter, at) for name, at in old.items() if name not in new and module}


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


def with_callers(source: str, path: str, settings: Settings, classes: Mapping[str, Changed]) -> str:
    """The text with the calls of *classes* changed; the same text where there are none."""
    wanted = {name.rpartition(".")[2] for name in classes}
    if not any(name in source for name in wanted) or "\r" in source or source.startswith("\ufeff"):
        return source
    snapshot = Snapshot(source, settings, path)
    edits = list(_calls(snapshot, classes))
    if not edits:
        return source
    needs = frozenset({Need("naq.config", "Config")}) if any("Config." in edit.text for edit in edits) else frozenset()
    try:
        after = changed(snapshot, Plan(tuple(edits), needs), unsafe=True)
    except CannotFix:
        return source
    stale = stale_urls(after, "")
    return applied(after.concrete, stale) if stale else after.source


def _calls(snapshot: Snapshot, classes: Mapping[str, Changed]) -> Iterator[Edit]:
    for node in ast.walk(snapshot.module):
        if isinstance(node, ast.Call):
            scope = snapshot.scope_of(node)
            name = Names(scope, frozenset()).of(node.func)
            if name is not None and name in classes and not snapshot.text.silenced(node.lineno):
                yield from _call(snapshot, node, classes[name])


def _call(snapshot: Snapshot, call: ast.Call, how: Changed) -> Iterator[Edit]:
    keyword = next((one for one in call.keywords if one.arg == how.parameter), None)
    if keyword is not None:
        span = snapshot.text.span(keyword)
        yield Edit(span.start, span.end, f"config={_config(snapshot, keyword.value)}")
    elif how.position < len(call.args) and not any(isinstance(one, ast.Starred) for one in call.args):
        span = snapshot.text.span(call.args[how.position])
        yield Edit(span.start, span.end, _config(snapshot, call.args[how.position]))


def _config(snapshot: Snapshot, given: ast.expr) -> str:
    """The configuration that has the address, where there is one."""
    owner = next((one for one in snapshot.tree.ancestors(given) if isinstance(one, ast.ClassDef)), None)
    written = snapshot.text.of(given)
    if owner is not None:
        for node in ast.walk(owner):
            if isinstance(node, ast.Assign) and ast.unparse(node.value) == SERVERS:
                if ast.unparse(node.targets[0]) == written:
                    return "self.config"
    return f"Config.for_servers({written})"
