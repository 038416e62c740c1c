"""Calls of library functions that get what an attribute holds, and surely leave it open: `bulk(self.client, actions)`.

Nothing else is known of such a function than its name, and what becomes of its answer. It may keep an argument, as the class
does; a function that closes one says so by its name, or gives back an object that does so later.
"""

from __future__ import annotations

import ast
import sys
from typing import Final

from flake8_naq.catalogue.model import Resource
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.prescan.owner_classes import CLOSING_NAMES
from flake8_naq.rules.kept_by_classes import object_only_uses
from flake8_naq.syntax.bindings import leaf_targets, plain_assignment
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.tree import names_in
from flake8_naq.syntax.value_uses import is_only_inspected

_CLOSING: Final = frozenset(CLOSING_NAMES)
_ITERATING: Final = (ast.For, ast.AsyncFor, ast.comprehension)


def leaves_open(facts: ModuleFacts, call: ast.Call, key: int | str, resource: Resource) -> bool:
    """Return whether the argument is still the caller's to close: an object that is made, or a library, only uses it."""
    return object_only_uses(facts, call, key, resource) or _library_leaves_open(facts, call)


def _library_leaves_open(facts: ModuleFacts, call: ast.Call) -> bool:
    scope, calls = facts.scope_around(call), facts.catalogue.calls
    called = Names(scope, facts.catalogue.known).of(call.func)
    if called in calls.never_closing or f".{getattr(call.func, 'attr', '')}" in calls.never_closing:
        found_by = calls.given_back_by.get(called or "")
        return found_by is None or found_by not in facts.text
    if called is None or not is_of_library(facts, call.func, scope, called):
        return False
    name = called.rpartition(".")[2]
    words = {*name.split("_")} if name.islower() else calls.keeping_words
    if _is_dropped(facts, call):
        words = words - calls.making_words
    return calls.keeping_words.isdisjoint(words) and _asks_only(facts, call)


def is_of_library(facts: ModuleFacts, function: ast.expr, scope: Scope, called: str) -> bool:
    """Return whether the function is imported, from neither the project nor the standard library, which the catalogue knows.

    A library of the catalogue is not the project's folder of that name.
    """
    while isinstance(function, ast.Attribute):
        function = function.value
    if not isinstance(function, ast.Name) or not _is_imported(function.id, scope):
        return False
    root = called.partition(".")[0]
    if root in ("", *sys.stdlib_module_names):
        return False
    return root in facts.catalogue.roots or not facts.callees.is_of_project(called)


def _is_imported(name: str, scope: Scope | None) -> bool:
    while scope is not None and name not in scope.imports:
        scope = scope.parent
    return scope is not None


def _is_dropped(facts: ModuleFacts, call: ast.Call) -> bool:
    return isinstance(facts.parents.parents[facts.parents.answer(call)], ast.Expr)


def _asks_only(facts: ModuleFacts, call: ast.Call) -> bool:
    """Return whether the answer is dropped, tested, shown, looked through, or gets a name that is not kept or closed."""
    answer = facts.parents.answer(call)
    user = facts.parents.parents[answer]
    if isinstance(user, _ITERATING):
        return user.iter is answer
    named = plain_assignment(user)
    if named is not None:
        return all(_is_asked_only(facts, one, call) for one in leaf_targets(named.targets))
    return isinstance(user, (ast.Expr, ast.Subscript)) or is_only_inspected(facts.parents, answer)


def _is_asked_only(facts: ModuleFacts, target: ast.expr, call: ast.Call) -> bool:
    """Return whether the function that calls never closes, enters, stores or returns what the name holds."""
    if not isinstance(target, ast.Name):
        return False
    uses = (one for one in names_in(facts.parents.function(call), target.id) if isinstance(one.ctx, ast.Load))
    return not any(_may_last(facts, one) for one in uses)


def _may_last(facts: ModuleFacts, name: ast.Name) -> bool:
    match facts.parents.parents[name]:
        case ast.Attribute(attr=method):
            return not _CLOSING.isdisjoint(method.split("_"))
        case ast.withitem() | ast.Assign() | ast.AnnAssign() | ast.Return() | ast.Yield():
            return True
    return False
