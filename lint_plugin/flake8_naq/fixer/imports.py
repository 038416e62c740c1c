"""Imports that a fix needs, added in the file's own style, and those that it left unused, removed."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from flake8_naq.fixer.model import Edit, Need
from flake8_naq.fixer.reflection import evaluated
from flake8_naq.fixer.text import Text
from flake8_naq.fixer.tree import Tree, last_line
from flake8_naq.syntax.names import absolute_module, bound_name

_WIDTH = 88
_WORD = re.compile(r"\w+")
Import = ast.Import | ast.ImportFrom


def used_names(module: ast.Module) -> set[str]:
    """Every name that the module reads anywhere, in string annotations, casts, `__all__` and what is evaluated too."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            found.add(node.id)
        for part in (*_spelled_parts(node), *evaluated(node)):
            for inner in ast.walk(part):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    found.update(_WORD.findall(inner.value))
    return found


def _spelled_parts(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node in which a string stands for a name."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
        yield node.returns
    elif isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation is not None:
        yield node.annotation
    elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
        called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if called in ("cast", "TypeVar", "NewType") and node.args:
            yield from node.args
    elif isinstance(node, (ast.Assign, ast.AugAssign)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(one, ast.Name) and one.id == "__all__" for one in targets):
            yield node.value


def imports_of(module: ast.Module) -> Iterator[Import]:
    for node in ast.walk(module):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node


class Imports:
    """Edits of the import statements of one version of a file."""

    def __init__(self, text: Text, module: ast.Module, package: str) -> None:
        self._text = text
        self._module = module
        self._package = package
        self._tree = Tree(module)
        self.moved_comments: list[str] = []  # comments that stay, below or above where they stood

    def edits(self, needs: Iterable[Need], unused: set[str]) -> list[Edit]:
        """Add *needs*, take *unused* away."""
        added: dict[ast.ImportFrom, list[str]] = {}
        edits: list[Edit] = []
        own: dict[str, list[str]] = {}
        for need in sorted(set(needs)):
            home = self._home(need)
            if home is None:
                own.setdefault(need.module, []).append(need.name)
            elif need.name not in (bound_name(alias) for alias in home.names):
                names = added.setdefault(home, [])
                names += [need.name] if need.name not in names else []
        for node in imports_of(self._module):
            gone = [alias for alias in node.names if bound_name(alias) in unused]
            new = added.get(node, []) if isinstance(node, ast.ImportFrom) else []
            if gone or new:
                edits += self._changed(node, gone, new)
        for module, names in own.items():
            edits += self._statement(module, names)
        return edits

    def _home(self, need: Need) -> ast.ImportFrom | None:
        """The statement that the name joins: its sibling's, else one at the top that imports from the same module."""
        candidates = [
            node
            for node in imports_of(self._module)
            if isinstance(node, ast.ImportFrom) and not any(alias.name == "*" for alias in node.names)
        ]
        for node in candidates:
            if need.beside and any(bound_name(alias) == need.beside for alias in node.names):
                if absolute_module(node, self._package) != need.module.partition(".")[0]:
                    return node
        for node in candidates:
            if absolute_module(node, self._package) == need.module and node in self._module.body:
                return node
        return None

    def _changed(self, node: Import, gone: list[ast.alias], new: list[str]) -> list[Edit]:
        kept = [alias for alias in node.names if alias not in gone]
        if not kept and not new:
            return [self._removed(node)]
        if any(self._text.silenced(number) for number in range(node.lineno, last_line(node) + 1)):
            return [] if not new else self._statement(node.module or "", new)  # type: ignore[union-attr]  # new: a from
        if node.lineno == last_line(node):
            return [self._one_line(node, kept, new)]
        return [*self._by_line(node, gone, new)]

    def _removed(self, node: Import) -> Edit:
        """The whole statement, with one of the blank lines around it where there were two."""
        place = self._tree.place(node)
        first, last = node.lineno, last_line(node)
        if len(place.block) == 1:
            owner = place.owner
            if not _checks_types(owner):
                span = self._text.span(node)
                return Edit(span.start, span.end, f"{self._above(node)}pass")
            first, last = owner.lineno, last_line(owner)  # type: ignore[attr-defined]  # an if
        shares = self._text.source[self._text.span(node).end : self._text.start_of(last + 1)].strip()
        if shares and not shares.startswith("#"):
            span = self._text.span(node)
            end = self._text.source.index(";", span.end) + 1
            return Edit(span.start, end + len(self._text.source[end:]) - len(self._text.source[end:].lstrip(" ")), "")
        saved = self._saved(first, last)
        if saved:
            return Edit(*self._text.whole_lines(first, last), saved)
        if (
            first > 1
            and self._text.is_blank(first - 1)
            and last < len(self._text.lines)
            and self._text.is_blank(last + 1)
        ):
            last += 1
        elif first == 1:
            while last < len(self._text.lines) - 1 and self._text.is_blank(last + 1):
                last += 1
        span = self._text.whole_lines(first, last)
        return Edit(span.start, span.end, "")

    def _saved(self, first: int, last: int) -> str:
        """The comments of lines that go, each on a line of its own."""
        comments = [comment for number in range(first, last + 1) if (comment := self._text.comment(number))]
        self.moved_comments += comments
        return "".join(f"{self._text.indent(first)}{comment}\n" for comment in comments)

    def _above(self, node: Import) -> str:
        """What is to be put before a statement that is written anew, so that the comments in it come above it."""
        saved = self._saved(node.lineno, last_line(node) - 1)
        return f"{saved.lstrip()}{self._text.indent(node.lineno)}" if saved else ""

    def _one_line(self, node: Import, kept: list[ast.alias], new: list[str]) -> Edit:
        span = self._text.span(node)
        names = merged([_written(alias) for alias in kept], new, [alias.name for alias in node.names])
        head = self._text.source[span.start : self._text.span(node.names[0]).start].rstrip("( ")
        listed = ", ".join(names)
        parenthesised = self._text.source[span.start : span.end].endswith(")")
        line = f"{head} ({listed})" if parenthesised else f"{head} {listed}"
        return Edit(span.start, span.end, line)

    def wrapped(self, before: Text) -> list[Edit]:
        """Import statements that were not in *before* and are too long, with each name on a line of its own."""
        known, width = set(before.lines), max(_WIDTH, *map(len, before.lines))
        edits: list[Edit] = []
        for node in imports_of(self._module):
            line = self._text.line(node.lineno)
            if isinstance(node, ast.ImportFrom) and len(line) > width and line not in known:
                head, indent = line.partition(" import ")[0], self._text.indent(node.lineno)
                names = "".join(f"{indent}    {_written(alias)},\n" for alias in node.names)
                span = self._text.span(node)
                start = self._text.start_of(node.lineno)
                edits.append(Edit(start, span.end, f"{head} import (\n{names}{indent})"))
        return edits

    def _by_line(self, node: Import, gone: list[ast.alias], new: list[str]) -> Iterator[Edit]:
        """A statement over several lines: each name on its own line goes or comes; otherwise it is written anew."""
        lines = [alias.lineno for alias in node.names]
        if len(set(lines)) != len(lines) or node.lineno in lines or last_line(node) in lines:
            kept = [alias for alias in node.names if alias not in gone]
            span = self._text.span(node)
            head = self._text.source[span.start : self._text.span(node.names[0]).start].split("(")[0].rstrip()
            names = merged([_written(alias) for alias in kept], new, [alias.name for alias in node.names])
            yield Edit(span.start, span.end, f"{self._above(node)}{head} ({', '.join(names)})")
            return
        names = merged([_written(alias) for alias in node.names], new, [alias.name for alias in node.names])
        indent = self._text.indent(lines[0])
        for alias in gone:
            yield Edit(*self._text.whole_lines(alias.lineno, alias.lineno), self._saved(alias.lineno, alias.lineno))
        for name in new:
            following = next((a for a in node.names if names.index(_written(a)) > names.index(name)), None)
            at = self._text.start_of(following.lineno if following is not None else lines[-1] + 1)
            yield Edit(at, at, f"{indent}{name},\n")

    def _statement(self, module: str, names: list[str]) -> list[Edit]:
        """A statement of its own, beside the package's others, relative where they are."""
        line = f"from {module} import {', '.join(sorted(names, key=_order))}"
        for node in self._module.body:
            if isinstance(node, ast.ImportFrom):
                found = absolute_module(node, self._package)
                if found.partition(".")[0] == module.partition(".")[0] and found > module:
                    at = self._text.start_of(node.lineno)
                    return [Edit(at, at, f"{line}\n")]
        last = self._last_sibling(module)
        if last is not None:
            at = self._text.start_of(last_line(last) + 1)
            return [Edit(at, at, f"{line}\n")]
        at = self._text.start_of(self._first_code())
        return [Edit(at, at, f"{line}\n")]

    def _last_sibling(self, module: str) -> Import | None:
        """The last import of the same package at the top of the file, else the last import there."""
        top = [node for node in self._module.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        same = [
            node
            for node in top
            if isinstance(node, ast.ImportFrom)
            and absolute_module(node, self._package).partition(".")[0] == module.partition(".")[0]
        ]
        return same[-1] if same else (top[-1] if top else None)

    def _first_code(self) -> int:
        body = self._module.body
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            return last_line(body[0]) + 1
        return body[0].lineno if body else 1


def _checks_types(node: ast.AST) -> bool:
    """Whether a statement is `if TYPE_CHECKING:` with nothing beside it."""
    return isinstance(node, ast.If) and not node.orelse and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _written(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _order(name: str) -> tuple[int, str]:
    """How sorted imports stand: constants, classes, functions."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)


def merged(kept: list[str], new: list[str], before: list[str]) -> list[str]:
    """The names with the new ones, sorted where they were sorted before."""
    for key in (_order, str):
        if before == sorted(before, key=key):
            return sorted([*kept, *new], key=key)
    return [*kept, *new]
