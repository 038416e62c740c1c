"""NAQ302: an `__init__` that takes a Config in place of a URL, and the calls in the same file that give it one.

The attribute that held the URL stays, read from the configuration, for as long as something in the file uses it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.fixer.model import CannotFix, Edit, Need, Plan
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.fixer.tree import names_in
from flake8_naq.rules.naq302 import Constructor
from flake8_naq.syntax.names import parameters

SERVERS = "self.config.nats.servers[0]"
_CONFIG = "naq.config"


def config_taken(snapshot: Snapshot, constructor: Constructor) -> Plan:
    """NAQ302: change the constructor in which the parameter stands."""
    owner, init = constructor
    if init not in owner.body:
        raise CannotFix("its constructor is defined under a condition")
    return constructor_plan(snapshot, owner, init)


def constructor_plan(snapshot: Snapshot, owner: ast.ClassDef, init: ast.FunctionDef) -> Plan:
    """The change of one class, and of the calls of it in this file."""
    return Plan(
        tuple(_Constructor(snapshot, owner, init).edits()),
        frozenset({Need(_CONFIG, "Config"), Need(_CONFIG, "get_config")}),
        (f"the signature of {owner.name} changes, and the server is that of its configuration",),
    )


class _Constructor:
    """Edits of one constructor."""

    def __init__(self, snapshot: Snapshot, owner: ast.ClassDef, init: ast.FunctionDef) -> None:
        self._snapshot = snapshot
        self._text = snapshot.text
        self._owner = owner
        self._init = init
        self._name = snapshot.facts.catalogue.migration.url_parameter
        found = [one for one in parameters(init.args) if one.arg == self._name]
        if not found or any(one.arg == "config" for one in parameters(init.args)):
            raise CannotFix("its constructor takes a config already")
        self._parameter = found[0]

    def edits(self) -> Iterator[Edit]:
        keeper, attribute = self._keeper()
        self._check(keeper)
        yield self._parameter_edit()
        span = self._text.span(keeper)
        indent = self._text.indent(keeper.lineno)
        still = f"\n{indent}self.{attribute} = {SERVERS}"
        yield Edit(span.start, span.end, "self.config = config or get_config()" + still)
        for node in names_in(self._init, self._name):
            if isinstance(node.ctx, ast.Load) and node is not getattr(keeper, "value", None):
                yield self._other_use(node, keeper, attribute)
        yield from self._calls()

    def _keeper(self) -> tuple[ast.stmt, str]:
        """`self.nats_url = nats_url`."""
        for statement in self._init.body:
            value = getattr(statement, "value", None)
            targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
            target = targets[0]
            if isinstance(target, ast.Attribute) and len(targets) == 1 and isinstance(value, ast.Name):
                if value.id == self._name and isinstance(target.value, ast.Name) and target.value.id == "self":
                    return statement, target.attr
        raise CannotFix(f"'{self._name}' is not kept as it is")

    def _check(self, keeper: ast.stmt) -> None:
        stores = [node for node in ast.walk(self._owner) if _sets_config(node)]
        if stores:
            raise CannotFix(f"{self._owner.name} has a config of its own already")
        for number in (self._parameter.lineno, keeper.lineno):
            if self._text.silenced(number):
                raise CannotFix(f"line {number} is under noqa")
        if any(
            names_in(default, self._name) for default in self._init.args.defaults if list(names_in(default, self._name))
        ):
            raise CannotFix(f"'{self._name}' is named in a default")
        for node in ast.walk(self._init):
            if isinstance(node, ast.Name) and node.id == self._name and not isinstance(node.ctx, ast.Load):
                raise CannotFix(f"'{self._name}' is bound anew on line {node.lineno}")
        if any(isinstance(node, ast.Name) and node.id == "config" for node in ast.walk(self._init)):
            raise CannotFix("the name 'config' means something else in its constructor")

    def _parameter_edit(self) -> Edit:
        start, end = self._text.span(self._parameter)
        default = self._default()
        if default is not None:
            end = self._text.span(default).end
        taken = "Optional[Config]" if self._writes_optional() else "Config | None"
        given = "" if self._needs_value() else " = None"
        return Edit(start, end, f"config: {taken}{given}")

    def _default(self) -> ast.expr | None:
        arguments = self._init.args
        if self._parameter in arguments.kwonlyargs:
            return arguments.kw_defaults[arguments.kwonlyargs.index(self._parameter)]
        positional = [*arguments.posonlyargs, *arguments.args]
        index = positional.index(self._parameter) - (len(positional) - len(arguments.defaults))
        return arguments.defaults[index] if index >= 0 else None

    def _needs_value(self) -> bool:
        """Whether a parameter without default follows: then this one cannot have any."""
        arguments = self._init.args
        if self._parameter in arguments.kwonlyargs:
            return False
        positional = [*arguments.posonlyargs, *arguments.args]
        return positional.index(self._parameter) + 1 < len(positional) - len(arguments.defaults)

    def _writes_optional(self) -> bool:
        return self._snapshot.facts.root.imports.get("Optional") == "typing.Optional"

    def _other_use(self, node: ast.Name, keeper: ast.stmt, attribute: str) -> Edit:
        """What else the constructor did with the URL it does with the one of the configuration."""
        if node.lineno <= keeper.lineno:
            raise CannotFix(f"'{self._name}' is used before it is kept, on line {node.lineno}")
        if any(isinstance(one, ast.Call) and _is_super(one.func) for one in self._snapshot.tree.ancestors(node)):
            raise CannotFix(f"'{self._name}' is given to a base class on line {node.lineno}")
        if any(isinstance(one, ast.JoinedStr) for one in self._snapshot.tree.ancestors(node)):
            raise CannotFix(f"'{self._name}' is written into a string on line {node.lineno}")
        span = self._text.span(node)
        return Edit(span.start, span.end, f"self.{attribute}")

    def _calls(self) -> Iterator[Edit]:
        """The calls of the class in this file."""
        for node in ast.walk(self._snapshot.module):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == self._owner.name:
                yield from self._call(node)

    def _call(self, call: ast.Call) -> Iterator[Edit]:
        keyword = next((one for one in call.keywords if one.arg == self._name), None)
        position = [*self._init.args.posonlyargs, *self._init.args.args].index(self._parameter) - 1
        if keyword is not None:
            span = self._text.span(keyword)
            yield Edit(span.start, span.end, f"config=Config.for_servers({self._text.of(keyword.value)})")
        elif 0 <= position < len(call.args):
            if any(isinstance(one, ast.Starred) for one in call.args[: position + 1]):
                raise CannotFix(f"line {call.lineno} spreads the arguments of {self._owner.name}")
            span = self._text.span(call.args[position])
            yield Edit(span.start, span.end, f"Config.for_servers({self._text.of(call.args[position])})")


def _sets_config(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "config" and isinstance(node.ctx, ast.Store)


def _is_super(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and any(
        isinstance(node, ast.Name) and node.id == "super" for node in ast.walk(function)
    )


def stale_urls(snapshot: Snapshot, before: str) -> list[Edit]:
    """Take away `self.nats_url = self.config.nats.servers[0]` where it is new and nothing in the file reads it."""
    edits: list[Edit] = []
    for node in ast.walk(snapshot.module):
        if isinstance(node, ast.Assign) and snapshot.text.of(node.value) == SERVERS and SERVERS not in before:
            target = node.targets[0]
            if isinstance(target, ast.Attribute) and not _is_read(snapshot.module, target.attr):
                span = snapshot.text.whole_lines(node.lineno, node.lineno)
                edits.append(Edit(span.start, span.end, ""))
    return edits


def _is_read(module: ast.Module, attribute: str) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == attribute and isinstance(node.ctx, ast.Load)
        for node in ast.walk(module)
    )
