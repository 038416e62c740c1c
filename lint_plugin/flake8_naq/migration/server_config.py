"""Which configuration a manager gets for the server of a call, and whether that is surely the same server."""

from __future__ import annotations

import ast

from flake8_naq.edits.model import CannotFix, Need
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.model import Plan
from flake8_naq.migration.fix_naq302 import constructor_of, constructor_plan
from flake8_naq.migration.urls import config_for, may_be_none
from flake8_naq.rules.suggestion import configuration
from flake8_naq.syntax.bindings import attribute_values
from flake8_naq.syntax.names import Scope, parameters, target_names
from flake8_naq.syntax.nodes import FUNCTIONS, annotation_of, is_none

_SERVERS = (".nats.servers", ".nats.servers[0]")
_OWN = ("self.config", "config")
_URLS = frozenset({"url", "nats_url", "server", "servers", "nats_server", "nats_servers"})


Server = tuple[str, Plan]


def server_of(snapshot: Snapshot, scope: Scope, call: ast.Call) -> Server:
    """Return the argument for the manager in place of those of `call`, or an empty text, and what changes with it.

    That may be the `__init__` of the class around. Raises CannotFix where the arguments have no counterpart.
    """
    given = _given(call)
    if given is None or is_none(given):
        return "", Plan(())
    owner = _config_owner(given)
    if owner:
        return owner, Plan(())
    if isinstance(given, ast.Attribute) and isinstance(given.value, ast.Name) and given.value.id == "self":
        return _of_attribute(snapshot, scope, given)
    return _of_value(snapshot, scope, given)


def _given(call: ast.Call) -> ast.expr | None:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not values:
        return None
    if len(values) > 1 or isinstance(values[0], ast.Starred) or (call.keywords and call.keywords[0].arg is None):
        raise CannotFix("its arguments have no counterpart in the manager")
    return values[0]


def _config_owner(given: ast.expr) -> str:
    """Return `self.config` for `self.config.nats.servers[0]`, or the empty string."""
    written = ast.unparse(given)
    return next((own for own in _OWN for tail in _SERVERS if written == own + tail), "")


def _of_attribute(snapshot: Snapshot, scope: Scope, given: ast.Attribute) -> Server:
    """Return the configuration for `self.url`, by what the class says about that attribute."""
    setting, attribute = snapshot.settings.config, given.attr
    if setting and attribute.strip("_") in _URLS and setting.partition(".")[0] in scope.bound:
        return setting, Plan(())
    owner = scope.enclosing_class
    node = owner.node if owner is not None else None
    if isinstance(node, ast.ClassDef):
        values = attribute_values(node, attribute)
        if len(values) == 1 and len(attribute_values(node, "config")) == 1 and values[0] and _config_owner(values[0]):
            return "self.config", Plan(())
        if configuration(snapshot.facts, scope) == "self.config":
            return _other_server("self.config", snapshot.text.of(given))
        init = constructor_of(node)
        if init is not None and _takes_url(init, values, snapshot.facts.catalogue.migration.url_parameter):
            config, other = _other_server("self.config", snapshot.text.of(given))
            changed = constructor_plan(snapshot, node, init)
            caveats = (f"{other.caveats[0]}, and the signature of __init__ changes", *changed.caveats)
            return config, Plan(changed.edits, changed.needs, caveats)
    return _for_servers(snapshot, given, "the URL may be None")


def _of_value(snapshot: Snapshot, scope: Scope, given: ast.expr) -> Server:
    """Return the configuration for any other expression."""
    written = snapshot.text.of(given)
    known = configuration(snapshot.facts, scope)
    if known:
        return _other_server(known, written)
    return _for_servers(snapshot, given, "" if _is_text(snapshot, given, scope) else f"{written} may be None")


def _other_server(config: str, written: str) -> Server:
    return config, Plan((), caveats=(f"the server would be that of {config}, not {written}",))


def _for_servers(snapshot: Snapshot, given: ast.expr, caveat: str) -> Server:
    caveats = (caveat,) if caveat else ()
    return config_for(snapshot, given), Plan((), frozenset({Need("naq.config", "Config")}), caveats)


def _takes_url(init: ast.FunctionDef, values: list[ast.expr | None], parameter: str) -> bool:
    """Whether `__init__` keeps its URL parameter, as it is, as the only one of the `values` of an attribute."""
    if len(values) != 1 or not isinstance(values[0], ast.Name) or values[0].id != parameter:
        return False
    return any(one.arg == parameter for one in parameters(init.args))


def _is_text(snapshot: Snapshot, given: ast.expr, scope: Scope) -> bool:
    """Whether the value is surely a string that is not empty."""
    if not isinstance(given, ast.Name):
        return isinstance(given, ast.JoinedStr) or _is_literal(given)
    if isinstance(scope.node, FUNCTIONS) and given.id in scope.bound:
        annotation = annotation_of(scope.node.args, given.id)
        is_str = isinstance(annotation, ast.Name) and annotation.id == "str"
        return is_str and not may_be_none(snapshot, given)
    assigned = (node for node in snapshot.module.body if isinstance(node, ast.Assign))
    values = [one.value for one in assigned if given.id in {name.id for name in target_names(one.targets)}]
    return len(values) == 1 and _is_literal(values[0])


def _is_literal(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and bool(node.value)
