"""Which expressions may have a resource, a view of a resource, or a coroutine that makes one as their value.

An over-approximation that decides which names get a slot.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from typing import NamedTuple

from flake8_naq.catalogue.model import SUBSCRIPT, Catalogue
from flake8_naq.prescan.callees import Callees
from flake8_naq.prescan.owner_classes import ENTERS
from flake8_naq.prescan.types import instance_call
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.names import Names
from flake8_naq.syntax.nodes import dotted


class MayHoldResource(NamedTuple):
    """Answers for the expressions of one function; `tracked` are the names that may hold a resource."""

    names: Names
    catalogue: Catalogue
    callees: Callees
    tracked: Collection[str]
    types: Mapping[str, str]  # the class of the value of a name, as far as known

    def may_hold(self, value: ast.expr) -> bool:
        """Return whether the value may hold a resource."""
        if isinstance(value, ast.Call):
            return self._call_may_hold(value)
        if isinstance(value, ast.Constant):
            return False
        if isinstance(value, (ast.Name, ast.Attribute)):
            return dotted(value) in self.tracked
        if isinstance(value, (ast.Await, ast.YieldFrom, ast.NamedExpr, ast.Starred)):
            return self.may_hold(value.value)
        if isinstance(value, ast.Subscript):
            item = isinstance(value.slice, ast.Constant)  # of a tuple
            return (item or SUBSCRIPT in self.catalogue.view_methods) and self.may_hold(value.value)
        if isinstance(value, ast.IfExp):
            return self.may_hold(value.body) or self.may_hold(value.orelse)
        if isinstance(value, (ast.Tuple, ast.BoolOp, ast.List)):
            return any(map(self.may_hold, value.values if isinstance(value, ast.BoolOp) else value.elts))
        return False

    def _call_may_hold(self, call: ast.Call) -> bool:
        calls = self.catalogue.calls
        called = self.names.of(call.func)
        if called is not None and makes_tracked(called, self.catalogue):
            return True
        factory = self.callees.factory(call, self.names)
        if factory is not None:
            return factory.held is None
        if called in (calls.pass_through | calls.casts | calls.gathering) or called in calls.closing:
            return any(map(self.may_hold, arguments_of(call)))
        return isinstance(call.func, ast.Attribute) and self._method_may_hold(call, call.func)

    def _method_may_hold(self, call: ast.Call, function: ast.Attribute) -> bool:
        calls = self.catalogue.calls
        if instance_call(function, self.names, self.types, self.catalogue, self.callees) in self.catalogue.acquire:
            return True
        attribute = function.attr
        if attribute in self.catalogue.view_methods or attribute in calls.result_methods or attribute in ENTERS:
            if self.may_hold(function.value):
                return True
        names = self.catalogue.method_names
        if attribute in names.chained | names.opening_chained and self.may_hold(function.value):
            return True
        if attribute in calls.pass_through_methods or attribute in calls.entering_methods:
            return any(map(self.may_hold, arguments_of(call)))
        return False


def makes_tracked(called: str, catalogue: Catalogue) -> bool:
    """Return whether a call of that canonical name makes a resource, a view or a manager."""
    return (
        called in catalogue.acquire
        or called in catalogue.construct
        or called in catalogue.views
        or called in catalogue.managers
    )
