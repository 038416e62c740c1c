"""Imports that a fix needs, added in the file's own style, and those that it left unused, removed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator

from flake8_naq.edits.model import Edit, Need
from flake8_naq.edits.shared_lines import check_alone
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.linking.locate import module_name
from flake8_naq.syntax.names import absolute_module, bound_name
from flake8_naq.syntax.tree import last_line, names_in

_WIDTH = 88
Import = ast.Import | ast.ImportFrom


def imports_of(module: ast.Module) -> Iterator[Import]:
    """Yield the import statements of a module, also those in functions and conditions."""
    for node in ast.walk(module):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node


class Imports:
    """Edits of the import statements of one version of a file."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._text = snapshot.text
        self._module = snapshot.module
        self._package = module_name(snapshot.path)[1]
        self._tree = snapshot.tree
        self.moved_comments: list[str] = []  # comments that stay, but not where they were

    def edits(self, needs: Iterable[Need], unused: set[str]) -> list[Edit]:
        """Return the edits that import the `needs` and remove the `unused` names."""
        added: dict[ast.ImportFrom, list[str]] = {}
        new_statements: dict[str, list[str]] = {}
        for need in sorted(set(needs)):
            if self._is_imported(need):
                continue
            home = self._home(need) if need.name else None
            if home is None:
                new_statements.setdefault(need.module, []).append(need.name)
            elif need.name not in map(bound_name, home.names) and need.name not in added.setdefault(home, []):
                added[home].append(need.name)
        edits: list[Edit] = []
        for node in imports_of(self._module):
            gone = [alias for alias in node.names if bound_name(alias) in unused and not self._may_fail(node)]
            new = added.get(node, []) if isinstance(node, ast.ImportFrom) else []
            if gone or new:
                edits += self._changed(node, gone, new)
        return [*edits, *(self._new_statement(module, names) for module, names in new_statements.items())]

    def _may_fail(self, node: Import) -> bool:
        """Whether a handler says what comes in place of the import: it asks, too, whether the module is there."""
        place = self._tree.place(node)
        return isinstance(place.owner, ast.Try) and place.field == "body" and bool(place.owner.handlers)

    def _is_imported(self, need: Need) -> bool:
        """Whether a statement at the top imports the name from a module of the package: `from naq import Config`."""
        root = need.module.partition(".")[0]
        return bool(need.name) and any(
            isinstance(node, ast.ImportFrom)
            and (absolute_module(node, self._package) or "").partition(".")[0] == root
            and any(alias.name == need.name and bound_name(alias) == need.name for alias in node.names)
            for node in self._module.body
        )

    def _home(self, need: Need) -> ast.ImportFrom | None:
        """Return the statement that the name joins: its sibling's, or one at the top that imports from its module."""
        candidates = [
            node
            for node in imports_of(self._module)
            if isinstance(node, ast.ImportFrom) and not any(alias.name == "*" for alias in node.names)
        ]
        root = need.module.partition(".")[0]
        for node in candidates:
            if need.beside in map(bound_name, node.names) and absolute_module(node, self._package) != root:
                return node
        for node in candidates:
            if absolute_module(node, self._package) == need.module and node in self._module.body:
                return node
        return None

    # A statement that changes

    def _changed(self, node: Import, gone: list[ast.alias], new: list[str]) -> Iterable[Edit]:
        if len(gone) == len(node.names) and not new:
            return [self._removed(node)]
        if any(self._text.silenced(number) for number in range(node.lineno, last_line(node) + 1)):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            return [self._new_statement(module or "", new)] if new else []
        lines = [alias.lineno for alias in node.names]
        if len({node.lineno, *lines, last_line(node)}) == len(lines) + 2:
            return self._line_by_line(node, gone, new)
        return [self._rewritten(node, gone, new)]

    def _rewritten(self, node: Import, gone: list[ast.alias], new: list[str]) -> Edit:
        """Write the statement on one line, with its comments above it."""
        span = self._text.span(node)
        names = [_written(alias) for alias in node.names if alias not in gone]
        listed = ", ".join(merged(names, new, [alias.name for alias in node.names]))
        head = self._text.source[span.start : self._text.span(node.names[0]).start]
        if self._text.source[span.start : span.end].endswith(")"):
            head, listed = head.split("(")[0], f"({listed})"
        head = head.rstrip("\\ \t\n")  # names that follow a backslash come to the first line
        return Edit(span.start, span.end, f"{self._comments_above(node)}{head} {listed}")

    def _line_by_line(self, node: Import, gone: list[ast.alias], new: list[str]) -> Iterator[Edit]:
        """Remove and add lines of a statement that has one name on each line."""
        lines = [alias.lineno for alias in node.names]
        names = merged([_written(alias) for alias in node.names], new, [alias.name for alias in node.names])
        indent = self._text.indent(lines[0])
        for alias in gone:
            yield Edit(*self._text.whole_lines(alias.lineno, alias.lineno), self._saved(alias.lineno, alias.lineno))
        for name in new:
            following = (alias for alias in node.names if names.index(_written(alias)) > names.index(name))
            at = self._text.start_of(next((alias.lineno for alias in following), lines[-1] + 1))
            yield Edit(at, at, f"{indent}{name},\n")

    def _saved(self, first: int, last: int) -> str:
        """Return the comments of lines that disappear, one on each line."""
        comments = self._snapshot.concrete.comments
        found = [comments[number] for number in range(first, last + 1) if number in comments]
        self.moved_comments += found
        return "".join(f"{self._text.indent(first)}{comment}\n" for comment in found)

    def _comments_above(self, node: Import) -> str:
        """Return the text that moves the comments inside a statement above it."""
        saved = self._saved(node.lineno, last_line(node) - 1)
        return f"{saved.lstrip()}{self._text.indent(node.lineno)}" if saved else ""

    # A statement that disappears

    def _removed(self, node: Import) -> Edit:
        """Remove the whole statement, and one of the blank lines around it where there were two."""
        check_alone(self._text, node)
        place = self._tree.place(node)
        first, last = node.lineno, last_line(node)
        if len(place.block) == 1:
            if not _checks_types(place.owner):
                return Edit(*self._text.span(node), f"{self._comments_above(node)}pass")
            first, last = place.owner.lineno, last_line(place.owner)  # type: ignore[attr-defined]  # an if
        saved = self._saved(first, last)
        return Edit(*self._text.whole_lines(first, last if saved else self._with_blanks(first, last)), saved)

    def _with_blanks(self, first: int, last: int) -> int:
        """Return the last line to remove with these lines: blank lines that would be too many go, too."""
        lines = len(self._text.lines)
        if first == 1:
            while last < lines - 1 and self._text.is_blank(last + 1):
                last += 1
        elif self._text.is_blank(first - 1) and last < lines and self._text.is_blank(last + 1):
            last += 1
        return last

    # A new statement

    def _new_statement(self, module: str, names: list[str]) -> Edit:
        """Write a new statement beside the package's others, in the order of the modules."""
        named = ", ".join(sorted(filter(None, names), key=_order))
        above = self._above_use(names if named else [module])
        top = [node for node in above if isinstance(node, (ast.Import, ast.ImportFrom))]
        if named:
            at = self._text.start_of(self._line_beside(module, top))
            return Edit(at, at, f"from {module} import {named}\n")
        line = self._line_in_order(module, top)
        at, others = self._text.start_of(line), [one for one in top if not _is_of_future(one)]
        is_first = bool(others) and line == others[0].lineno and not _is_of_python(others[0])
        return Edit(at, at, f"import {module}\n\n" if is_first and self._has_groups(others) else f"import {module}\n")

    def _above_use(self, names: list[str]) -> list[ast.stmt]:
        """Return the statements above the first that uses one of the names: a script may import more below."""
        body = self._module.body
        uses = (index for index, one in enumerate(body) if any(any(names_in(one, name)) for name in names))
        return body[: next(uses, len(body))]

    def _line_beside(self, module: str, top: list[Import]) -> int:
        """Return the line for an import of names: before a later module of its package, or after the last import."""
        root = module.partition(".")[0]
        alike: list[Import] = []
        for node in top:
            found = absolute_module(node, self._package) or "" if isinstance(node, ast.ImportFrom) else ""
            if found.partition(".")[0] == root:
                if found > module:
                    return node.lineno
                alike.append(node)
        return self._line_behind(alike or top)

    def _line_in_order(self, module: str, top: list[Import]) -> int:
        """Return the line for a plain import, in the order of those: a module of Python beside Python's others."""
        others = [node for node in top if not _is_of_future(node)]
        own = [node for node in others if _is_of_python(node)]
        plain: list[Import] = [node for node in own if isinstance(node, ast.Import)]
        later = [node for node in plain if node.names[0].name > module]
        if module.partition(".")[0] not in sys.stdlib_module_names:
            later = [node for node in others if isinstance(node, ast.ImportFrom) or node.names[0].name > module]
        elif not later and not plain:
            later = own or others
        elif not later:
            return self._line_behind(plain)
        return later[0].lineno if later else self._line_behind(top)

    def _line_behind(self, statements: list[Import]) -> int:
        """Return the line below statements, or where there are none the first below the module's docstring."""
        if statements:
            return last_line(statements[-1]) + 1
        body = self._module.body
        if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            return last_line(body[0]) + 1
        return body[0].lineno if body else 1

    def _has_groups(self, statements: list[Import]) -> bool:
        """Whether blank lines divide the imports."""
        lines = range(statements[0].lineno, last_line(statements[-1]))
        return any(self._text.is_blank(number) for number in lines)

    def wrapped(self, before: list[str]) -> list[Edit]:
        """Return edits for import lines that are not in `before` and too long: one name on each line."""
        width = max(_WIDTH, *map(len, before))
        edits: list[Edit] = []
        for node in imports_of(self._module):
            line = self._text.line(node.lineno)
            if isinstance(node, ast.ImportFrom) and len(line) > width and line not in before:
                head, indent = line.partition(" import ")[0], self._text.indent(node.lineno)
                names = "".join(f"{indent}    {_written(alias)},\n" for alias in node.names)
                start, end = self._text.start_of(node.lineno), self._text.span(node).end
                edits.append(Edit(start, end, f"{head} import (\n{names}{indent})"))
        return edits


def _is_of_future(node: Import) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_of_python(node: Import) -> bool:
    """Whether a statement imports modules of Python itself."""
    name = node.names[0].name if isinstance(node, ast.Import) else "" if node.level else node.module or ""
    return name.partition(".")[0] in sys.stdlib_module_names


def _checks_types(node: ast.AST) -> bool:
    """Whether a statement is `if TYPE_CHECKING:` without an `else`."""
    return isinstance(node, ast.If) and not node.orelse and ast.unparse(node.test).endswith("TYPE_CHECKING")


def _written(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _order(name: str) -> tuple[int, str]:
    """Return the key by which tools sort imports: constants, classes, functions."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2, name)


def merged(kept: list[str], new: list[str], before: list[str]) -> list[str]:
    """Return the names with the new ones, sorted where they were sorted before."""
    for key in (_order, str):
        if before == sorted(before, key=key):
            return sorted([*kept, *new], key=key)
    return [*kept, *new]
