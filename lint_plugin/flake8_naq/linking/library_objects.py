"""Objects of libraries that a class makes around its resource and keeps beside it: `self.reader = Reader(self.file)`.

Such an object belongs to the object that makes it. It may close the resource where a method of the class, or other
code, closes or gets it; so its attribute counts as one of those that have the resource.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

from flake8_naq.catalogue.model import Resource
from flake8_naq.facts.module import ModuleFacts
from flake8_naq.rules.kept_by_classes import object_only_uses
from flake8_naq.rules.library_calls import is_of_library
from flake8_naq.syntax.bindings import assignments, leaf_targets
from flake8_naq.syntax.callees import arguments_of
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.nodes import is_named_like_class, is_none
from flake8_naq.syntax.own_object import own_attribute


def kept_beside(facts: ModuleFacts, owner: Scope, attributes: Collection[str]) -> dict[str, ast.AST] | None:
    """Return the attributes that have such objects around the resource in `attributes`, with what sets each.

    None if one of the attributes gets something else, too.
    """
    stored = [
        (own_attribute(target), one.value, node)
        for node in facts.nodes(owner.node)
        for one in assignments(node)
        for target in leaf_targets(one.targets)
    ]
    found = {
        name: node
        for name, value, node in stored
        if isinstance(value, ast.Call)
        and is_kept_beside(facts, value)
        and any(own_attribute(argument) in attributes for argument in arguments_of(value))
    }
    others = [name for name, value, node in stored if name in found and node is not found[name] and not is_none(value)]
    return None if others else found


def is_kept_beside(facts: ModuleFacts, call: ast.Call) -> bool:
    """Return whether the call makes an object of a library, which an attribute of `self` alone gets."""
    match facts.parents.parents[call]:
        case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
            scope = facts.scope_around(call)
            called = Names(scope, facts.catalogue.known).of(call.func)
            is_library = called is not None and is_of_library(facts, call.func, scope, called)
            return bool(own_attribute(target)) and is_library and is_named_like_class(call.func)
    return False


def leaves_to_owner(facts: ModuleFacts, call: ast.Call, key: int | str, resource: Resource) -> bool:
    """Return whether what the call makes only uses the resource, or is kept beside it."""
    return is_kept_beside(facts, call) or object_only_uses(facts, call, key, resource)
