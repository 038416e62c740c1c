"""What the builder knows of the function from the start: its scope, the catalogue, and the prescan. Never changes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from flake8_naq.catalogue.model import SUBSCRIPT, Calls, Catalogue
from flake8_naq.prescan.callees import Callees
from flake8_naq.prescan.containers import ContainerUse, ReturnedContainers, read_only_displays
from flake8_naq.prescan.function import Prescan
from flake8_naq.prescan.types import annotation_parts
from flake8_naq.syntax.names import Names, Scope
from flake8_naq.syntax.walk import walk, walk_scope


@dataclass(frozen=True, eq=False, repr=False)
class Function:
    """A function, or a module for the statements outside of its functions."""

    node: ast.AST
    scope: Scope
    names: Names
    catalogue: Catalogue
    prescan: Prescan
    callees: Callees

    @cached_property
    def calls(self) -> Calls:
        """What the catalogue knows of calls."""
        return self.catalogue.calls

    @cached_property
    def asynchronous(self) -> bool:
        """Whether it can be cancelled where it waits."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @cached_property
    def resumed(self) -> bool:
        """Whether a decorator always resumes the generator, so that a `yield` in it never raises."""
        decorators: Iterable[ast.expr] = getattr(self.node, "decorator_list", ())
        called = (one.func if isinstance(one, ast.Call) else one for one in decorators)
        return any(self.names.of(one) in self.calls.resumed_generators for one in called)

    @cached_property
    def _release_methods(self) -> frozenset[str]:
        return frozenset().union(*(resource.ending_methods for resource in self.catalogue.resources))

    @cached_property
    def give_back_methods(self) -> frozenset[str]:
        """The methods by which another object releases what it is given."""
        return frozenset().union(*(resource.give_back_methods for resource in self.catalogue.resources))

    @cached_property
    def read_only_displays(self) -> frozenset[ast.expr]:
        """The lists that this function makes and only reads, so that nothing closes what they hold."""
        return read_only_displays(self.node, self._ending)

    @cached_property
    def _ending(self) -> frozenset[str]:
        """The methods after which a resource need not be closed."""
        resources = self.catalogue.resources
        return frozenset(name for one in resources for name in (*one.ending_methods, *one.give_up_methods))

    @cached_property
    def containers(self) -> Mapping[ast.Call, ContainerUse | None]:
        """What becomes of the containers and objects with resources that calls return and that get a name."""
        found = self.prescan.containers
        return {call: self._returned_containers.use_of(call, fields) for call, fields in found.items()} if found else {}

    def is_dropped(self, call: ast.Call) -> bool:
        """Return whether nothing uses what the call returns."""
        use = self._returned_containers.use_of(call, ())
        return use is not None and not use.name

    @cached_property
    def _returned_containers(self) -> ReturnedContainers:
        return ReturnedContainers(self.node, self._ending)

    @cached_property
    def has_subscripts(self) -> bool:
        """Whether a subscript of some resource makes a part of it."""
        return SUBSCRIPT in self.catalogue.view_methods

    @cached_property
    def state_tests(self) -> frozenset[str]:
        """The attributes and methods that tell whether some resource is open."""
        return frozenset().union(*(one.closed_tests | one.open_tests for one in self.catalogue.resources))

    def is_coroutine_of_pools(self, method: str) -> bool:
        """Return whether each give-back method of that name is a coroutine."""
        resources = self.catalogue.resources
        return all(method in one.awaited for one in resources if method in one.give_back_methods)

    def is_release(self, attribute: str) -> bool:
        """Return whether the attribute is a release method of some resource."""
        return attribute in self._release_methods

    def borrows(self, called: str | None, attribute: str, key: int | str) -> bool:
        """Return whether a call only uses the argument at a position or keyword, and leaves it to this function."""
        if called in self.calls.borrows or attribute in self.calls.borrowing_methods:
            return True
        return called is not None and str(key) in self.catalogue.lends.get(called, ())

    def only_asks(self, call: ast.Call, called: str | None) -> bool:
        """Return whether an awaited call of a function from elsewhere seems to need its arguments for its answer alone.

        Its answer is compared or dropped, and no word of its name says that it keeps or releases anything.
        """
        if called is None or "." not in called or not isinstance(call.func, ast.Name):
            return False
        name = call.func.id
        if not name.islower() or not self.calls.keeping_words.isdisjoint(name.split("_")):
            return False
        return call in self._plain_answers and not self.callees.is_of_project(called)

    @cached_property
    def _plain_answers(self) -> frozenset[ast.expr]:
        """The awaited calls whose result is dropped, compared or tested: no object that goes on living."""
        found = (part for node in walk_scope(self.node) for part in _plain_parts(node))
        return frozenset(one.value for one in found if isinstance(one, ast.Await))

    def takes(self, called: str | None, attribute: str, key: int | str) -> bool:
        """Return whether a call owns the argument at a position or keyword from then on."""
        taken = self.catalogue.takes
        found = [taken.get(name) for name in (called, f".{attribute}") if name is not None] if taken else []
        return any(arguments is not None and not arguments.isdisjoint(("", str(key))) for arguments in found)

    @cached_property
    def awaited_later(self) -> frozenset[ast.expr]:
        """The values of the names that occur in what the function awaits: `task = create_task(work(nc))`."""
        parts = list(walk_scope(self.node))
        awaited = (part.value for part in parts if isinstance(part, ast.Await))
        names = {part.id for value in awaited for part in walk(value) if isinstance(part, ast.Name)}
        assigned = (part for part in parts if isinstance(part, ast.Assign))
        return frozenset(
            one.value for one in assigned if isinstance(one.targets[0], ast.Name) and one.targets[0].id in names
        )

    @cached_property
    def _annotated_classes(self) -> frozenset[str]:
        parts = (part for annotation in self.prescan.annotations for part in annotation_parts(annotation))
        return frozenset(filter(None, map(self.names.of, parts)))

    def makes_object(self, call: ast.Call, called: str | None) -> bool:
        """Return whether `call` makes an instance of a class of this file, or of a class that an annotation names."""
        if isinstance(call.func, ast.Name) and self.callees.is_class(call.func.id, self.scope):
            return True
        return called in self._annotated_classes

    def is_used_whole(self, name: str) -> bool:
        """Return whether the name is ever used other than to look up an attribute of its value."""
        by_hand = ("__aenter__", "__enter__")
        attributes = [node for node in ast.walk(self.node) if isinstance(node, ast.Attribute)]
        looked_up = {id(node.value) for node in attributes if node.attr not in by_hand}
        return name in self.scope.outer or any(
            isinstance(node, ast.Name)
            and node.id == name
            and isinstance(node.ctx, ast.Load)
            and id(node) not in looked_up
            for node in ast.walk(self.node)
        )


def _plain_parts(node: ast.AST) -> list[ast.expr]:
    """Return the parts of a node whose values are only compared, tested or dropped."""
    match node:
        case ast.Expr(value=value):
            return [value]
        case ast.Compare(left=left, comparators=others):
            return [left, *others]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return [operand]
        case ast.Assert(test=test) | ast.If(test=test) | ast.While(test=test):
            return [test]
    return []
