"""Builds the graph of a small function, and writes a graph as text: a line for each program point."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from flake8_naq.catalogue.loader import load_catalogue, parse_resources
from flake8_naq.catalogue.model import Catalogue, Resource
from flake8_naq.cfg import instructions
from flake8_naq.cfg.graph import Graph
from flake8_naq.cfg.lower import build_graph
from flake8_naq.prescan.callees import Effect
from flake8_naq.prescan.exceptions import ExceptionSet
from flake8_naq.prescan.function import Prescan, prescan
from flake8_naq.syntax.names import FunctionNode, ModuleScopes, Names, Scope

_FILE = {
    "name": "file",
    "acquire": ["open", "pathlib.Path.open"],
    "release-methods": ["close"],
    "release-functions": ["os.close"],
    "manager": "with open({args}) as {name}",
}
_PAIR = {"name": "socket", "acquire": ["socket.socketpair"], "items": [0, 1], "release-methods": ["close"]}
_SLOTS = {"slot", "source", "result", "other_slot", "handled", "first", "end"}


class Functions:
    """Callees that are the functions and classes of the module; `effects` and `factories` are known by name."""

    def __init__(self, tree: ast.Module, effects: Mapping[str, Effect], factories: frozenset[str]) -> None:
        self.tree = tree
        self.effects = effects
        self.factories = factories
        self.functions = {
            node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        }

    def _named(self, call: ast.Call) -> FunctionNode | None:
        return self.functions.get(call.func.id) if isinstance(call.func, ast.Name) else None

    def is_known(self, call: ast.Call, names: Names) -> bool:
        return self._named(call) is not None

    def is_of_project(self, called: str) -> bool:
        return False

    def is_coroutine(self, call: ast.Call, names: Names) -> bool:
        return isinstance(self._named(call), ast.AsyncFunctionDef)

    def is_class(self, name: str, scope: Scope) -> bool:
        return any(isinstance(node, ast.ClassDef) and node.name == name for node in self.tree.body)

    def raises_on_none(self, call: ast.Call, key: int | str, names: Names) -> frozenset[ExceptionSet]:
        return frozenset()

    def effect(self, call: ast.Call, key: int | str, names: Names, resource: Resource | None = None) -> Effect:
        function = self._named(call)
        return self.effects.get(function.name if function else "", Effect.KEEPS)

    def instance(self, function: ast.Attribute, names: Names) -> str | None:
        return "pathlib.Path" if ast.unparse(function.value) == "known" else None

    def factory(self, call: ast.Call, names: Names) -> instructions.Factory | None:
        function = self._named(call)
        if function is None or function.name not in self.factories:
            return None
        resource = catalogue().acquire["open"]
        asynchronous = isinstance(function, ast.AsyncFunctionDef)
        return instructions.Factory(
            function.name, resource, asynchronous, function.lineno, "open", function.name.startswith("maybe")
        )


def catalogue() -> Catalogue:
    """Return the built-in catalogue, with files and pairs of sockets as more resources."""
    return load_catalogue(parse_resources([_FILE, _PAIR], "test"))


class Module:
    """A small module, whose last function is looked at."""

    def __init__(
        self, source: str, effects: Mapping[str, Effect] = {}, factories: frozenset[str] = frozenset()
    ) -> None:
        self.tree = ast.parse(source)
        self.scopes = ModuleScopes(self.tree, lambda: "", walrus=":=" in source)
        functions = [node for node in self.tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        self.node: FunctionNode | ast.Module = functions[-1] if functions else self.tree
        self.scope = self.scopes.by_node[self.node]
        self.catalogue = catalogue()
        self.names = Names(self.scope, self.catalogue.known)
        self.callees = Functions(self.tree, effects, factories)

    def prescan(self, *given: str) -> Prescan:
        """Return what the prescan finds where the parameters `given` bring a resource."""
        return prescan(self.node, self.scope, self.names, self.catalogue, self.callees, given)

    def graph(self, *given: str, return_slot: bool = False) -> Graph:
        """Return the graph."""
        looked = self.prescan(*given)
        return build_graph(self.node, self.scope, self.names, self.catalogue, looked, self.callees, returning=return_slot)


def dump(graph: Graph) -> str:
    """Return a line for each program point behind the two exits: number, line, instruction, and where control goes on.

    The next point is left out where it is the one below. `raises` and `cancels` name the point that handles the
    exception, and no point where the exception leaves the function.
    """
    writer = _Writer(graph)
    return "\n".join(writer.line(number) for number in range(2, len(graph.points)))


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names = {slot: name for name, slot in graph.slots.items()}

    def line(self, number: int) -> str:
        point = self.graph.points[number]
        instruction = point.instruction
        fields = [
            name if text == "True" else f"{name}={text}"
            for name in instruction._fields
            if name != "node" and (text := self.text(name, getattr(instruction, name))) is not None
        ]
        ways = [] if point.next == number + 1 else [f"-> {self.place(point.next)}"]
        exceptions = [flag for flag in ("raises", "cancels") if getattr(point, flag)]
        ways += [flag if point.handler == 1 else f"{flag} -> {point.handler}" for flag in exceptions]
        cleanup = ["cleanup"] if number in self.graph.cleanup else []
        return " ".join([f"{number}:", f"@{point.line}", type(instruction).__name__, *fields, *ways, *cleanup])

    def place(self, number: int) -> str:
        return {-1: "nowhere", 0: "returned", 1: "raised"}.get(number, str(number))

    def text(self, name: str, value: object) -> str | None:
        """Return the text of a field, None for one that has its default."""
        if value is None or value is False or value in (-1, (), frozenset()):
            return None
        if name in _SLOTS and isinstance(value, int):
            return self.names.get(value, f"${value}")
        if name in ("no", "other") and isinstance(value, int):
            return self.place(self.graph.labels[value])
        if name == "completion" and isinstance(value, int):
            return self.place(self.graph.labels[value])
        if isinstance(value, frozenset):
            return "|".join(sorted(value))
        if name == "handlers" and isinstance(value, tuple):
            return ", ".join(self.handler(one) for one in value)
        if name == "question":
            return self.question(value)
        if name == "exception" and isinstance(value, tuple):
            return str(value[0])
        if name == "value" and isinstance(value, tuple):
            return f"{type(value).__name__}:{value[0]}"
        return str(getattr(value, "name", value)).lower() if hasattr(value, "name") else str(value)

    def handler(self, handler: instructions.Handler) -> str:
        types = "|".join(str(one) for one in handler.types)
        kept = f" in ${handler.slot}" if handler.slot >= 0 else ""
        return f"{types} -> {self.place(self.graph.labels[handler.entry])}{kept}{' group' if handler.group else ''}"

    def question(self, question: object) -> str:
        if isinstance(question, instructions.SameAs):
            other = self.text("slot", question.other)
            return "held elsewhere" if other is None else f"same as {other}"
        if isinstance(question, instructions.AttributeTest):
            return f".{question.attribute}"
        assert isinstance(question, instructions.Truth)
        return question.value
