"""Ways by which an object's attribute is closed, or kept, and its name is not written there."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from flake8_naq.catalogue.model import Resource
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.owner_classes import CLOSING_NAMES
from flake8_naq.rules.attribute_names import OWN, is_own
from flake8_naq.syntax.names import FunctionNode, Scope
from flake8_naq.syntax.nodes import FUNCTIONS, dotted

_CLOSING_WORDS = frozenset(CLOSING_NAMES)
_LOOKED_UP = ("__getattr__", "__getattribute__")


def is_named_after_release(function: ast.expr) -> bool:
    """Return whether a word of the name of the called function is that of a release: `shut_down`."""
    called = function.attr if isinstance(function, ast.Attribute) else dotted(function)
    return not _CLOSING_WORDS.isdisjoint(called.lower().split("_"))


def may_release_unnamed(facts: ModuleFacts, owner: Scope, attribute: str, resource: Resource) -> bool:
    """Return whether a method of the class may release the attribute without its name, or it is a property's."""
    return any(_releases(facts, owner, method, attribute, resource) for method in _methods(owner))


def _methods(owner: Scope) -> Iterator[FunctionNode]:
    body = owner.node.body if isinstance(owner.node, ast.ClassDef) else []
    yield from (statement for statement in body if isinstance(statement, FUNCTIONS))


def _releases(facts: ModuleFacts, owner: Scope, method: FunctionNode, attribute: str, resource: Resource) -> bool:
    if any(dotted(decorator) == f"{attribute}.setter" for decorator in method.decorator_list):
        return True
    nodes = facts.nodes(method)
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    if method.name in _LOOKED_UP and any(is_own(one, attribute, owner) for one in _asked_for_any(calls)):
        return True
    if any(_gives_self_to_release(call) for call in calls):
        return True
    return _says_release(nodes, resource) and (
        any(dotted(one) in OWN for one in _asked_for_any(calls)) or any(map(_is_own_namespace, nodes))
    )


def _asked_for_any(calls: Iterable[ast.Call]) -> Iterator[ast.expr]:
    """Yield the objects of which an attribute is asked for by a name that is computed: `getattr(self, name)`."""
    for call in calls:
        if dotted(call.func) == "getattr" and len(call.args) > 1 and not isinstance(call.args[1], ast.Constant):
            yield call.args[0]


def _is_own_namespace(node: ast.AST) -> bool:
    """Return whether the node is `self.__dict__` or `vars(self)`."""
    if isinstance(node, ast.Call):
        return dotted(node.func) == "vars" and [dotted(one) for one in node.args] == ["self"]
    return isinstance(node, ast.Attribute) and dotted(node) == "self.__dict__"


def _gives_self_to_release(call: ast.Call) -> bool:
    given = any(isinstance(one, ast.Name) and one.id == "self" for one in call.args)
    return given and isinstance(call.func, ast.Name) and is_named_after_release(call.func)


def _says_release(nodes: Sequence[ast.AST], resource: Resource) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in resource.release_methods for node in nodes)
