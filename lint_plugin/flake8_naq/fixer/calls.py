"""Fixes of single expressions: NAQ109 (a missing or needless await), NAQ303 (exceptions), NAQ304 (keywords, bytes)."""

from __future__ import annotations

import ast
import io
import re
import tokenize

from flake8_naq.catalogue.model import Catalogue
from flake8_naq.fixer.model import Edit, Need, Plan, Refusal
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.fixer.tree import is_async, is_path
from flake8_naq.model import Finding
from flake8_naq.rules.naq303 import real_name
from flake8_naq.syntax.names import Names, Scope

# Keywords of nats-py before 2.0 that nothing replaces: it uses the running loop, and every callback is asynchronous.
_DROPPED = frozenset({"loop", "io_loop", "is_async"})


def awaited(snapshot: Snapshot, finding: Finding) -> Plan:
    """NAQ109: put the `await` where it is missing, or take away the one that cannot be."""
    node = snapshot.node_at(finding, ast.Call)
    if not isinstance(node, ast.Call):
        raise Refusal("its call is not found again")
    _check_lines(snapshot, node)
    parent = snapshot.tree.parents[node]
    span = snapshot.text.span(node)
    if isinstance(parent, ast.Await):
        return Plan((Edit(snapshot.text.span(parent).start, span.start, ""),))
    if not is_async(snapshot.tree.function(node)):
        raise Refusal("it stands outside of an async function")
    if isinstance(parent, (ast.Attribute, ast.Subscript)) and parent.value is node:
        return Plan((Edit(span.start, span.start, "(await "), Edit(span.end, span.end, ")")))
    if isinstance(parent, ast.Assign) and _awaited_later(snapshot, parent):
        raise Refusal("what it gives is awaited later")
    return Plan((Edit(span.start, span.start, "await "),))


def _awaited_later(snapshot: Snapshot, statement: ast.Assign) -> bool:
    names = {one.id for one in statement.targets if isinstance(one, ast.Name)}
    function = snapshot.tree.function(statement)
    return any(
        isinstance(node, ast.Await) and isinstance(node.value, ast.Name) and node.value.id in names
        for node in ast.walk(function)
    )


def exception_named(snapshot: Snapshot, finding: Finding) -> Plan:
    """NAQ303: name the exception that was meant, under the names by which this file reaches it."""
    node = snapshot.node_at(finding, ast.expr)
    if not isinstance(node, (ast.Name, ast.Attribute)):
        raise Refusal("its name is not found again")
    _check_lines(snapshot, node)
    names = Names(snapshot.scope_of(node), snapshot.facts.catalogue.known)
    written = names.of(node)
    real = real_name(written, snapshot.facts.catalogue) if written is not None else None
    if written is None or real is None:
        raise Refusal("which exception was meant is not known")
    text, needs = _reached(node, written, real, names, snapshot.facts.catalogue)
    if _caught_twice(snapshot, node, real, names):
        raise Refusal(f"'{real}' is handled beside it already")
    span = snapshot.text.span(node)
    return Plan((Edit(span.start, span.end, text),), frozenset(needs))


def _reached(
    node: ast.Name | ast.Attribute, written: str, real: str, names: Names, catalogue: Catalogue
) -> tuple[str, set[Need]]:
    """The real name as this file can write it, and the import that it needs."""
    module, _, attribute = real.rpartition(".")
    if isinstance(node, ast.Attribute) and written.rpartition(".")[0] == module:
        return f"{ast.unparse(node.value)}.{attribute}", set()
    for alias, target in _imports(names.scope):
        if target == real:
            return alias, set()
        if target == module:
            return f"{alias}.{attribute}", set()
    root = real.partition(".")[0]
    if isinstance(node, ast.Attribute) and ast.unparse(node).startswith(f"{root}.") and names.of_name(root) == root:
        return real, set()
    if names.of_name(attribute) != attribute:
        raise Refusal(f"the name '{attribute}' means something else here")
    return attribute, {Need(module, attribute)}


def _imports(scope: Scope) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    current: Scope | None = scope
    while current is not None:
        found += current.imports.items()
        current = current.parent
    return found


def _caught_twice(snapshot: Snapshot, node: ast.expr, real: str, names: Names) -> bool:
    """Whether a clause of the same try names the exception already; then two clauses would be one."""
    handler = next((one for one in snapshot.tree.ancestors(node) if isinstance(one, ast.ExceptHandler)), None)
    owner = snapshot.tree.parents[handler] if handler is not None else None
    if not isinstance(owner, (ast.Try, ast.TryStar)):
        return False
    others = [one.type for one in owner.handlers if one.type is not None]
    return any(
        names.of(part) == real
        for one in others
        for part in ast.walk(one)
        if isinstance(part, (ast.Name, ast.Attribute)) and part is not node
    )


def called_right(snapshot: Snapshot, finding: Finding) -> Plan:
    """NAQ304: the keyword that was meant, bytes for text; a method that does not exist is not rewritten."""
    node = snapshot.node_at(finding, ast.expr)
    if node is None or not isinstance(node, ast.expr):
        raise Refusal("its place is not found again")
    if isinstance(node, ast.Call) and f"has no method '{_called(node)}'" in finding.message:
        raise Refusal("what stands for a method that does not exist is for its author to say")
    _check_lines(snapshot, node)
    parent = snapshot.tree.parents[node]
    if isinstance(parent, ast.keyword) and parent.arg is not None and "takes no keyword" in finding.message:
        return _keyword(snapshot, finding, parent)
    if "takes bytes" in finding.message:
        return _bytes(snapshot, node)
    raise Refusal("there is no one right answer")


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _keyword(snapshot: Snapshot, finding: Finding, keyword: ast.keyword) -> Plan:
    call = snapshot.tree.parents[keyword]
    real = _meant(finding.message)
    if not real and keyword.arg in _DROPPED and isinstance(call, ast.Call):
        return _without(snapshot, call, keyword)
    if not real.isidentifier():
        raise Refusal("which keyword was meant is not known")
    if isinstance(call, ast.Call) and any(one.arg in (real, None) for one in call.keywords):
        raise Refusal(f"'{real}' may be given already")
    start = snapshot.text.span(keyword).start
    assert keyword.arg is not None, "only named keywords are reported"
    return Plan((Edit(start, start + len(keyword.arg), real),))


def _without(snapshot: Snapshot, call: ast.Call, keyword: ast.keyword) -> Plan:
    """The call without an argument that nothing replaces, and with the comments around it."""
    if not isinstance(keyword.value, (ast.Name, ast.Constant)) and not is_path(keyword.value):
        raise Refusal(f"what '{keyword.arg}' is given is computed there")
    text = snapshot.text
    given = sorted([*map(text.span, call.args), *map(text.span, call.keywords)])
    own = text.span(keyword)
    index = given.index(own)
    if index + 1 < len(given):
        start, end = own.start, given[index + 1].start
    elif index:
        start, end = given[index - 1].end, own.end
    else:
        start, end = own.start, own.end
        rest = text.source[end : text.span(call).end]
        end += len(rest) - len(rest.lstrip(", ")) if rest.lstrip(", ") == ")" else 0
    if "#" in text.source[start:end]:
        raise Refusal(f"a comment stands beside '{keyword.arg}'")
    return Plan((Edit(start, end, ""),))


def _meant(message: str) -> str:
    """The keyword that the message names."""
    found = re.search(r"; use '(\w+)'$", message)
    return found[1] if found else ""


def _bytes(snapshot: Snapshot, node: ast.expr) -> Plan:
    span = snapshot.text.span(node)
    written = snapshot.text.of(node)
    plain = isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isascii()
    if plain and written[0] in "'\"" and "\\" not in written and written.isascii() and _is_one(written):
        return Plan((Edit(span.start, span.start, "b"),))
    if _is_one(written):
        return Plan((Edit(span.end, span.end, ".encode()"),))
    return Plan((Edit(span.start, span.start, "("), Edit(span.end, span.end, ").encode()")))


def _is_one(written: str) -> bool:
    """Whether the text is one literal, not several side by side."""
    kinds = ("STRING", "FSTRING_START")
    tokens = tokenize.generate_tokens(io.StringIO(f"({written})").readline)
    depth = count = 0
    for token in tokens:
        kind = tokenize.tok_name[token.type]
        count += kind in kinds and depth == 0
        depth += (kind == "FSTRING_START") - (kind == "FSTRING_END")
    return count == 1


def _check_lines(snapshot: Snapshot, node: ast.expr) -> None:
    for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
        if snapshot.text.silenced(number):
            raise Refusal(f"line {number} is under noqa")
