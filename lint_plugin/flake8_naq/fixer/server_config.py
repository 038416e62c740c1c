"""Which configuration stands for the server that a by-hand call names, and whether it surely is the same server."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from flake8_naq.analysis.module import ModuleFacts
from flake8_naq.fixer.model import CannotFix, Need
from flake8_naq.fixer.text import Text
from flake8_naq.fixer.tree import is_none
from flake8_naq.remedy import configuration
from flake8_naq.settings import Settings
from flake8_naq.syntax.names import Scope, parameters, target_names

_SERVERS = (".nats.servers", ".nats.servers[0]")
_OWN = ("self.config", "config")
_URLS = frozenset({"url", "nats_url", "server", "servers", "nats_server", "nats_servers"})


@dataclass(frozen=True, slots=True)
class Server:
    """*text* is the argument for the manager or empty; *owner* the class whose `__init__` changes with it."""

    text: str
    needs: frozenset[Need] = frozenset()
    caveats: tuple[str, ...] = ()
    owner: ast.ClassDef | None = None


def server_of(call: ast.Call, facts: ModuleFacts, scope: Scope, text: Text, settings: Settings) -> Server:
    """What the manager is given in place of the arguments of *call*."""
    given = _given(call)
    if given is None or is_none(given):
        return Server("")
    spelled = ast.unparse(given)
    carried = _carrier(spelled)
    if carried:
        return Server(carried)
    if isinstance(given, ast.Attribute) and isinstance(given.value, ast.Name) and given.value.id == "self":
        return _of_attribute(given.attr, facts, scope, text.of(given), settings)
    return _of_value(given, facts, scope, text.of(given))


def _given(call: ast.Call) -> ast.expr | None:
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not values:
        return None
    if len(values) > 1 or isinstance(values[0], ast.Starred) or (call.keywords and call.keywords[0].arg is None):
        raise CannotFix("its arguments have no counterpart in the manager")
    return values[0]


def _carrier(spelled: str) -> str:
    """`self.config` for `self.config.nats.servers[0]`."""
    return next((own for own in _OWN for tail in _SERVERS if spelled == own + tail), "")


def _of_attribute(attribute: str, facts: ModuleFacts, scope: Scope, spelled: str, settings: Settings) -> Server:
    if settings.config and attribute.strip("_") in _URLS and settings.config.partition(".")[0] in scope.bound:
        return Server(settings.config)
    owner = scope.enclosing_class
    node = owner.node if owner is not None else None
    if not isinstance(node, ast.ClassDef):
        return _for_servers(spelled, ("the URL may be None",))
    values = _assigned(node, attribute)
    if len(values) == 1 and len(_assigned(node, "config")) == 1 and _carrier(ast.unparse(values[0])):
        return Server("self.config")
    known = configuration(facts, scope)
    if known == "self.config":
        return Server(known, caveats=(f"the server would be that of {known}, not {spelled}",))
    if takes_url(node, attribute, facts.catalogue.migration.url_parameter):
        caveat = f"the server would be that of self.config, not {spelled}, and the signature of __init__ changes"
        return Server("self.config", caveats=(caveat,), owner=node)
    return _for_servers(spelled, ("the URL may be None",))


def _assigned(owner: ast.ClassDef, attribute: str) -> list[ast.expr]:
    """The values that the class gives to an attribute of `self`."""
    found: list[ast.expr] = []
    for node in ast.walk(owner):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        if isinstance(value, ast.expr):
            found += [value for one in targets if isinstance(one, ast.Attribute) and one.attr == attribute]
    return found


def takes_url(owner: ast.ClassDef, attribute: str, parameter: str) -> bool:
    """Whether `__init__` keeps its URL parameter, as it is, under that attribute, and nothing else sets it."""
    values = _assigned(owner, attribute)
    init = constructor_of(owner)
    if init is None or len(values) != 1 or not isinstance(values[0], ast.Name) or values[0].id != parameter:
        return False
    return any(one.arg == parameter for one in parameters(init.args))


def constructor_of(owner: ast.ClassDef) -> ast.FunctionDef | None:
    return next((one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)


def _of_value(given: ast.expr, facts: ModuleFacts, scope: Scope, spelled: str) -> Server:
    known = configuration(facts, scope)
    if known:
        return Server(known, caveats=(f"the server would be that of {known}, not {spelled}",))
    return _for_servers(spelled, () if _is_text(given, facts, scope) else (f"{spelled} may be None",))


def _for_servers(spelled: str, caveats: tuple[str, ...]) -> Server:
    return Server(f"Config.for_servers({spelled})", frozenset({Need("naq.config", "Config")}), caveats)


def _is_text(given: ast.expr, facts: ModuleFacts, scope: Scope) -> bool:
    """Whether the value is surely a string."""
    if isinstance(given, ast.JoinedStr) or (isinstance(given, ast.Constant) and isinstance(given.value, str)):
        return True
    if not isinstance(given, ast.Name):
        return False
    if isinstance(scope.node, (ast.FunctionDef, ast.AsyncFunctionDef)) and given.id in scope.bound:
        return _is_text_parameter(scope, given.id)
    values = [
        node.value
        for node in facts.tree.body
        if isinstance(node, ast.Assign) and any(name.id == given.id for name in target_names(node.targets))
    ]
    return len(values) == 1 and isinstance(values[0], ast.Constant) and isinstance(values[0].value, str)


def _is_text_parameter(scope: Scope, name: str) -> bool:
    node = scope.node
    assert isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)), "asked of functions only"
    found = next((one for one in parameters(node.args) if one.arg == name), None)
    return found is not None and isinstance(found.annotation, ast.Name) and found.annotation.id == "str"
