"""Which methods of an owner class give its object to other code, and whether its bases leave alone what that owns.

Such a method, as one that returns a copy, shares the object: a caller of the method need not close the object any more.
"""

from __future__ import annotations

import ast
from typing import Final

from flake8_naq.facts.module import ModuleFacts
from flake8_naq.linking.summary import class_in
from flake8_naq.prescan.owner_classes import CLOSING_NAMES, ENTERS, UNCERTAIN
from flake8_naq.syntax.callees import is_stub
from flake8_naq.syntax.hierarchy import Base
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.own_object import gives_self, own_attribute, own_calls, with_callers

# Of these, no code calls a method of the object.
_DECLARING: Final = frozenset({"object", "abc.ABC", "typing.Protocol", "typing.Generic", "typing_extensions.Protocol"})


def shared_by_methods(facts: ModuleFacts, owner: Scope, names: frozenset[str]) -> frozenset[str] | None:
    """Return the methods of the class and of its bases that share an object.

    `names` are the attributes that have what the object owns, and the methods that close it. None if the object is
    shared in another way, or if a base may open, close or replace what it owns.
    """
    own = _shared_here(facts, owner)
    inherited = [_shared_by_base(facts, base, names) for base in facts.hierarchy.bases(owner)]
    known = [one for one in inherited if one is not None]
    if own is None or len(known) < len(inherited):
        return None
    calling = any(not one.classes and _is_framework(facts, one) for one in facts.hierarchy.bases(owner))
    return None if own and calling else own.union(*known)


def is_made_as_written(facts: ModuleFacts, owner: Scope) -> bool:
    """Return whether no metaclass and no decorator may add to what a class of the module says."""
    node, names = owner.node, Names(owner.parent or owner, facts.catalogue.known)
    if not isinstance(node, ast.ClassDef) or not all(names.of(one.value) == "abc.ABCMeta" for one in node.keywords):
        return False
    return class_in(facts, node.name) is owner


def shared_by_class(facts: ModuleFacts, base: Scope, names: frozenset[str]) -> frozenset[str] | None:
    """Return the same of a class of the module that is a base."""
    if not is_made_as_written(facts, base):
        return None
    written = {name for name, one in base.functions.items() if not is_stub(one)}
    nodes = facts.nodes(base.node)
    closes = any(name in CLOSING_NAMES for name, _ in own_calls(nodes))
    if closes or not written.isdisjoint((*UNCERTAIN, *ENTERS, *CLOSING_NAMES)):
        return None
    names_it = any(own_attribute(node) in names for node in nodes)
    return None if names_it else shared_by_methods(facts, base, names)


def _shared_by_base(facts: ModuleFacts, base: Base, names: frozenset[str]) -> frozenset[str] | None:
    inert = facts.catalogue.calls.inert_bases
    if base.classes:
        local = base.classes[0] if len(base.classes) == 1 and base.canonical is None else None
        return None if local is None or local.parent is not facts.root else shared_by_class(facts, local, names)
    if base.canonical is None or base.canonical in inert:
        return None if base.canonical is None else frozenset()
    return facts.imported.shared_by_class(base.canonical, names)


def _is_framework(facts: ModuleFacts, base: Base) -> bool:
    return base.canonical in facts.catalogue.calls.inert_bases - _DECLARING


def _shared_here(facts: ModuleFacts, owner: Scope) -> frozenset[str] | None:
    """Return the methods of the class itself that share the object, None if it is shared otherwise than by a call."""
    calls = {name: set(dict(own_calls(facts.nodes(one)))) for name, one in owner.functions.items()}
    direct = {name for name, one in owner.functions.items() if gives_self(facts.nodes(one))}
    found = with_callers(direct, calls)
    nodes = facts.nodes(owner.node)
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)} if found else set()
    passed = any(own_attribute(node) in found and id(node) not in called for node in nodes) if found else False
    special = any(name.startswith("__") or owner.functions[name].decorator_list for name in found)
    return None if passed or special else frozenset(found)
