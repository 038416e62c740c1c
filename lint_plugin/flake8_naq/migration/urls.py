"""The Config for a URL in an expression: where that may be None or empty, None, which means the default Config."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.syntax.bindings import attribute_values
from flake8_naq.syntax.nodes import FUNCTIONS, annotation_of, defaults, is_none
from flake8_naq.syntax.tree import is_path, only_target
from flake8_naq.syntax.walk import walk_scope

_FREE_NAMES: Final = ("url", "server_url", "nats_server_url")
_LOOK_UPS: Final = ("get", "getenv")  # `os.getenv(name)`, `settings.get(name)`


def for_servers(url: str) -> str:
    """Return the Config for the servers."""
    return f"Config.for_servers({url})"


def config_or_none(url: str) -> str:
    """Return the Config for a URL that may be None: `Config.for_servers(None)` raises."""
    return f"{for_servers(url)} if {url} else None"


def config_for(snapshot: Snapshot, url: ast.expr) -> str:
    """Return the Config for a URL. Raises CannotFix where that may be None and no name is free to hold it."""
    written = snapshot.text.of(url)
    if isinstance(url, ast.Constant) and not url.value:
        return "None"
    if not may_be_none(snapshot, url):
        return for_servers(written)
    if is_path(url):
        return config_or_none(written)
    name = next((one for one in _FREE_NAMES if one not in snapshot.concrete.identifiers), None)
    if name is None:
        raise CannotFix(f"line {url.lineno} may give None for the URL")
    return f"{for_servers(name)} if ({name} := {written}) else None"


def may_be_none(snapshot: Snapshot, url: ast.expr, depth: int = 3) -> bool:
    """Whether the code says that a URL may be None or empty: a default, an annotation, a look-up without a default."""
    match url:
        case ast.Constant(value=value):
            return not value
        case ast.BoolOp(op=ast.Or(), values=[*_, last]):
            return may_be_none(snapshot, last, depth)
        case ast.IfExp(body=body, orelse=orelse):
            return may_be_none(snapshot, body, depth) or may_be_none(snapshot, orelse, depth)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[_], keywords=[]):
            return name in _LOOK_UPS
    values = _values(snapshot, url) if depth else ()
    return any(may_be_none(snapshot, one, depth - 1) for one in values) or _is_optional(snapshot, url)


def _values(snapshot: Snapshot, url: ast.expr) -> Iterator[ast.expr]:
    """Yield what is assigned to a name in its function or module, or to an attribute of `self` in its class."""
    match url:
        case ast.Name(id=name):
            for node in walk_scope(snapshot.tree.function(url)):
                if isinstance(node, (ast.Assign, ast.AnnAssign)) and only_target(node) == name and node.value:
                    yield node.value
        case ast.Attribute(value=ast.Name(id="self"), attr=attribute):
            owner = next((one for one in snapshot.tree.ancestors(url) if isinstance(one, ast.ClassDef)), None)
            yield from filter(None, attribute_values(owner, attribute) if owner is not None else ())


def _is_optional(snapshot: Snapshot, url: ast.expr) -> bool:
    """Whether the URL is a parameter of the function around whose default or annotation allows None."""
    function = snapshot.tree.function(url)
    if not isinstance(url, ast.Name) or not isinstance(function, FUNCTIONS):
        return False
    default = defaults(function.args).get(url.id)
    annotation = annotation_of(function.args, url.id)
    if annotation is not None and any(is_none(one) or _is_named(one, "Optional") for one in ast.walk(annotation)):
        return True
    return isinstance(default, ast.Constant) and not default.value


def _is_named(node: ast.AST, name: str) -> bool:
    """Whether the node is the name, or an attribute of that name."""
    return name in (getattr(node, "id", None), getattr(node, "attr", None))
