"""What a fixed text owes to the text before: it parses, nothing new is found, comments and other lines are as they were.

It looks at texts only; what the programs do is the business of `difference`.
"""

from __future__ import annotations

import ast
import difflib
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator

from pyflakes.checker import Checker

from flake8_naq.engine import lint
from flake8_naq.model import Finding
from flake8_naq.project.settings import Settings

_IMPORT = re.compile(r"\s*(?:import|from)\b")
# A line that only holds a block or a call together; what it decides is seen when the program runs.
_FRAME = re.compile(r"\s*(?:try:|finally:|else:|(?:except|if)\b.*|pass|raise|[()\\,]*|with contextlib\.suppress\(.*\):|log\.info\('close failed'\))\s*(?:#.*)?$")
_CLAUSE = re.compile(r"\s*((?:try|else|finally):)\s+([^\s#].*)")
_MAKES = re.compile(r"\bconnect\(|\bNATS\(|\bget_nats_connection\(|\bget_jetstream_context\(|\.jetstream\(|\.key_value\(|\bopen\(|\bmade\w*\(|\bnats_\w+\(")


def text_faults(before: str, after: str, settings: Settings, findings: list[Finding]) -> Iterator[str]:
    """Every promise that *after* breaks, in words; *findings* are those of *before*."""
    try:
        tree = ast.parse(after)
    except SyntaxError as error:
        yield f"does not parse: {error}"
        return
    yield from _more("finding", _shown(_codes(findings)), _codes(lint(after, settings=settings)))
    yield from _more("pyflakes message", _pyflakes(before), _pyflakes(after, tree))
    comments, kept = _comments(before), _comments(after)
    if comments != kept:
        yield f"comments lost: {list((comments - kept).elements())}, added: {list((kept - comments).elements())}"
    if _line_ends(before) != _line_ends(after):
        yield f"line ends {_line_ends(before)} became {_line_ends(after)}"
    if before.endswith(("\n", "\r")) != after.endswith(("\n", "\r")):
        yield "the end of the last line changed"
    yield from _foreign_changes(before, after, findings)


def _more(what: str, old: Counter[str], new: Counter[str]) -> Iterator[str]:
    for name in (new - old).elements():
        yield f"new {what}: {name}"


def _codes(findings: list[Finding]) -> Counter[str]:
    return Counter(finding.code for finding in findings)


def _shown(codes: Counter[str]) -> Counter[str]:
    """The findings before, with each NAQ202 that a lifetime finding may have hidden: one acquisition has one of them."""
    hidden = sum(codes[code] for code in ("NAQ101", "NAQ102", "NAQ103", "NAQ109"))
    return codes + Counter({"NAQ202": hidden})


def _pyflakes(source: str, tree: ast.Module | None = None) -> Counter[str]:
    checker = Checker(tree if tree is not None else ast.parse(source))
    return Counter(type(message).__name__ for message in checker.messages)


def _comments(source: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return Counter(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)


def _line_ends(source: str) -> set[str]:
    return set(re.findall(r"\r\n|\r|\n", source))


# --- lines that do not matter


def _foreign_changes(before: str, after: str, findings: list[Finding]) -> Iterator[str]:
    """Lines that changed although they stand in no function with a finding, or speak of nothing that was fixed."""
    tree = ast.parse(before)
    old = before.splitlines(keepends=True)
    lines = [re.sub(r"[\r\n]+$", "", line) for line in old]
    touchable = _touchable(tree, findings)
    words = _resource_words(tree)
    for tag, start, end, _, _ in difflib.SequenceMatcher(None, lines, _lines(after), autojunk=False).get_opcodes():
        if tag in ("replace", "delete"):
            for number in range(start + 1, end + 1):
                if number not in touchable and lines[number - 1].strip():
                    yield f"line {number} is outside the change: {lines[number - 1]!r}"
    gone = Counter(_statements(lines)) - Counter(_statements(_lines(after)))
    for line in gone:
        if not (_FRAME.match(line) or _IMPORT.match(line) or set(re.findall(r"\w+", line)) & words):
            yield f"a line that has nothing to do with it changed: {line!r}"


def _statements(lines: list[str]) -> Iterator[str]:
    """The lines without their indentation, where what is beside its `try:` counts as another line."""
    for line in lines:
        clause = _CLAUSE.fullmatch(line)
        yield from [line.lstrip()] if clause is None else [clause[1], clause[2]]


def _lines(source: str) -> list[str]:
    return [re.sub(r"[\r\n]+$", "", line) for line in source.splitlines(keepends=True)]


def _touchable(tree: ast.Module, findings: list[Finding]) -> set[int]:
    """The lines of imports and of the functions with findings."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            lines.update(range(node.lineno, _end(node) + 1))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            span = range(node.lineno, _end(node) + 2)
            if any(finding.line in span for finding in findings):
                lines.update(span)
    return lines


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _resource_words(tree: ast.Module) -> set[str]:
    """The names that are bound to a connection or a view, to what they are copied to, and the words of the calls."""
    words = {"conn", "js", "kv", "nats_url", "config", "close_nats_connection", "URL"}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            parts: list[ast.AST] = [node]
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            parts = list(node.items)
        else:
            continue
        for part in parts:
            text = ast.unparse(part)
            if _MAKES.search(text) or isinstance(getattr(part, "value", None), ast.Name):
                words |= set(re.findall(r"\w+", text))
    return words - {"await", "asyncio", "return"}
