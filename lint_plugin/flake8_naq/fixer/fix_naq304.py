"""NAQ304: a keyword that the method does not take is renamed or removed, text becomes bytes."""

from __future__ import annotations

import ast
import io
import tokenize

from flake8_naq.fixer.model import CannotFix, Edit, Plan
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.fixer.text import check_not_silenced
from flake8_naq.fixer.tree import is_path
from flake8_naq.rules.naq304 import NoKeyword, NoMethod, NoText

# Keywords of nats-py before 2.0 that nothing replaces: it uses the running loop, and every callback is asynchronous.
_DROPPED = frozenset({"loop", "io_loop", "is_async"})


def called_right(snapshot: Snapshot, problem: NoMethod | NoKeyword | NoText) -> Plan:
    """NAQ304: the keyword that was meant, bytes for text; a method that does not exist is not rewritten."""
    if isinstance(problem, NoMethod):
        raise CannotFix("what stands for a method that does not exist is for its author to say")
    if isinstance(problem, NoKeyword):
        check_not_silenced(snapshot.text, problem.argument.value)
        return _keyword(snapshot, problem)
    check_not_silenced(snapshot.text, problem.value)
    return _bytes(snapshot, problem.value)


def _keyword(snapshot: Snapshot, problem: NoKeyword) -> Plan:
    real = problem.instead
    if not real and problem.keyword in _DROPPED:
        return _without(snapshot, problem.call, problem.argument)
    if not real.isidentifier():
        raise CannotFix("which keyword was meant is not known")
    if any(one.arg in (real, None) for one in problem.call.keywords):
        raise CannotFix(f"'{real}' may be given already")
    start = snapshot.text.span(problem.argument).start
    return Plan((Edit(start, start + len(problem.keyword), real),))


def _without(snapshot: Snapshot, call: ast.Call, keyword: ast.keyword) -> Plan:
    """The call without an argument that nothing replaces, and with the comments around it."""
    if not isinstance(keyword.value, (ast.Name, ast.Constant)) and not is_path(keyword.value):
        raise CannotFix(f"what '{keyword.arg}' is given is computed there")
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
        raise CannotFix(f"a comment stands beside '{keyword.arg}'")
    return Plan((Edit(start, end, ""),))


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
