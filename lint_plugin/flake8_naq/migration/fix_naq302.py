"""NAQ302: an `__init__` that takes a Config in place of a URL, and the calls in the same file that give it a Config.

The attribute that held the URL stays, read from the configuration, for as long as something in the file uses it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from flake8_naq.edits.checks import check_lines_not_silenced
from flake8_naq.edits.model import CannotFix, Edit, Need
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.model import Plan
from flake8_naq.migration.urls import config_for, config_or_none, for_servers
from flake8_naq.rules.naq302 import Constructor
from flake8_naq.syntax.bindings import attribute_values
from flake8_naq.syntax.nodes import parameters
from flake8_naq.syntax.text import Span
from flake8_naq.syntax.tree import is_path, names_in

SERVERS = "self.config.nats.servers[0]"
_CONFIG = "naq.config"


def config_taken(snapshot: Snapshot, constructor: Constructor) -> Plan:
    """Return the plan for a constructor that keeps a URL; CannotFix where its change could be wrong."""
    owner, init = constructor
    if init not in owner.body:
        raise CannotFix("its constructor is defined under a condition")
    return constructor_plan(snapshot, owner, init)


def constructor_plan(snapshot: Snapshot, owner: ast.ClassDef, init: ast.FunctionDef) -> Plan:
    """Return the change of one class, and of the calls of it in this file."""
    name = snapshot.facts.catalogue.migration.url_parameter
    given = {one.arg: one for one in parameters(init.args)}
    if name not in given or "config" in given:
        raise CannotFix("its constructor already takes a config")
    keeper, attribute = _keeper(init, name)
    check_lines_not_silenced(snapshot.text, (given[name].lineno, keeper.lineno))
    for reason in _reasons(owner, init, name):
        raise CannotFix(reason)
    written = f"self.config = config or get_config()\n{snapshot.text.indent(keeper.lineno)}self.{attribute} = {SERVERS}"
    edits = [_parameter_edit(snapshot, init, given[name]), Edit(*snapshot.text.span(keeper), written)]
    others = (node for node in names_in(init, name) if snapshot.tree.parents[node] is not keeper)
    edits += dict.fromkeys(_other_use(snapshot, node, keeper, attribute) for node in others)
    edits += _calls(snapshot, owner, init, name)
    needs = frozenset({Need(_CONFIG, "Config"), Need(_CONFIG, "get_config")})
    caveat = f"the signature of {owner.name} changes, and the server is that of its configuration"
    return Plan(tuple(edits), needs, (caveat,))


def constructor_of(owner: ast.ClassDef) -> ast.FunctionDef | None:
    """Return the `__init__` of a class."""
    return next((one for one in owner.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None)


def _calls(snapshot: Snapshot, owner: ast.ClassDef, init: ast.FunctionDef, name: str) -> Iterator[Edit]:
    """Yield the edits of the calls of the class in this file."""
    positional = [one.arg for one in (*init.args.posonlyargs, *init.args.args)]
    position = positional.index(name) - 1 if name in positional else -1
    for call in ast.walk(snapshot.module):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == owner.name:
            yield from url_argument_edit(snapshot, call, position)


def _keeper(init: ast.FunctionDef, name: str) -> tuple[ast.stmt, str]:
    """Return the statement `self.nats_url = nats_url`, and the attribute."""
    for statement in init.body:
        match statement:
            case (
                ast.Assign([ast.Attribute(ast.Name("self"), attribute)], ast.Name(kept))
                | ast.AnnAssign(target=ast.Attribute(ast.Name("self"), attribute), value=ast.Name(kept))
            ) if kept == name:
                return statement, attribute
    raise CannotFix(f"'{name}' is not stored unchanged")


def _reasons(owner: ast.ClassDef, init: ast.FunctionDef, name: str) -> Iterator[str]:
    """Yield why the constructor cannot take a configuration."""
    if attribute_values(owner, "config"):
        yield f"{owner.name} already sets an attribute 'config'"
    if any(True for default in init.args.defaults for _ in names_in(default, name)):
        yield f"'{name}' is named in a default"
    for node in names_in(init, name):
        if not isinstance(node.ctx, ast.Load):
            yield f"'{name}' is bound again on line {node.lineno}"
    if any(names_in(init, "config")):
        yield "the name 'config' means something else in its constructor"


def _parameter_edit(snapshot: Snapshot, init: ast.FunctionDef, parameter: ast.arg) -> Edit:
    start, end = snapshot.text.span(parameter)
    positional = [*init.args.posonlyargs, *init.args.args]
    without_default = len(positional) - len(init.args.defaults)
    if parameter in positional:
        index = positional.index(parameter)
        default = init.args.defaults[index - without_default] if index >= without_default else None
        needs_value = index + 1 < without_default  # a parameter without a default follows
    else:
        default = init.args.kw_defaults[init.args.kwonlyargs.index(parameter)]
        needs_value = False
    if default is not None:
        end = snapshot.text.span(default).end
    is_optional = snapshot.facts.root.imports.get("Optional") == "typing.Optional"
    taken = "Optional[Config]" if is_optional else "Config | None"
    return Edit(start, end, f"config: {taken}" if needs_value else f"config: {taken} = None")


def _other_use(snapshot: Snapshot, node: ast.Name, keeper: ast.stmt, attribute: str) -> Edit:
    """Let the constructor use the URL of the configuration for what it did with the URL."""
    if node.lineno <= keeper.lineno:
        raise CannotFix(f"'{node.id}' is used before it is stored, on line {node.lineno}")
    for one in snapshot.tree.ancestors(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and any(names_in(one.func, "super")):
            raise CannotFix(f"'{node.id}' is passed to a base class on line {node.lineno}")
        if isinstance(one, ast.JoinedStr):
            raise CannotFix(f"'{node.id}' is written into a string on line {node.lineno}")
    whole = _config_of(snapshot, node)
    return Edit(*snapshot.text.span(node), f"self.{attribute}") if whole is None else Edit(*whole, "self.config")


def _config_of(snapshot: Snapshot, node: ast.Name) -> Span | None:
    """Return the range of the `Config.for_servers(url)` around the URL: the constructor has that Config already."""
    for one in (node, *snapshot.tree.ancestors(node)):
        if isinstance(one, ast.expr) and ast.unparse(one) in (for_servers(node.id), config_or_none(node.id)):
            parent = snapshot.tree.parents[one]
            return snapshot.text.span(parent if isinstance(parent, ast.IfExp) else one)
        if isinstance(one, ast.IfExp) and ast.unparse(one) == config_or_none(node.id):
            return snapshot.text.span(one)
    return None


def url_argument_edit(snapshot: Snapshot, call: ast.Call, position: int) -> Iterator[Edit]:
    """Yield the edit by which a call gives a Config for its URL, if it gives one; CannotFix where that is not clear."""
    parameter = snapshot.facts.catalogue.migration.url_parameter
    keyword = next((one for one in call.keywords if one.arg == parameter), None)
    if keyword is None and not 0 <= position < len(call.args):
        return
    if keyword is None and any(isinstance(one, ast.Starred) for one in call.args[: position + 1]):
        raise CannotFix(f"line {call.lineno} unpacks the arguments of {ast.unparse(call.func)}")
    url = call.args[position] if keyword is None else keyword.value
    config = "self.config" if _is_of_config(snapshot, url) else config_for(snapshot, url)
    yield Edit(*snapshot.text.span(keyword or url), f"config={config}" if keyword else config)


def _is_of_config(snapshot: Snapshot, url: ast.expr) -> bool:
    """Whether the class around assigns the expression from its own configuration."""
    owner = next((one for one in snapshot.tree.ancestors(url) if isinstance(one, ast.ClassDef)), None)
    if owner is None or not is_path(url) or SERVERS not in snapshot.source:
        return False
    return snapshot.concrete.node(owner).find(pattern=f"{snapshot.text.of(url)} = {SERVERS}") is not None


def stale_urls(snapshot: Snapshot, before: str) -> list[Edit]:
    """Remove `self.nats_url = self.config.nats.servers[0]` where it is new and nothing in the file reads it."""
    if SERVERS not in snapshot.source or SERVERS in before:
        return []
    loaded = (node for node in ast.walk(snapshot.module) if isinstance(node, ast.Attribute))
    read = {node.attr for node in loaded if isinstance(node.ctx, ast.Load)}
    edits: list[Edit] = []
    for match in snapshot.concrete.find_all(f"self.$ATTRIBUTE = {SERVERS}"):
        attribute = match.get_match("ATTRIBUTE")
        if attribute is not None and attribute.text() not in read:
            line = match.range().start.line + 1
            edits.append(Edit(*snapshot.text.whole_lines(line, line), ""))
    return edits
