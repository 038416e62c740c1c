"""Jupyter notebooks as Python: the code cells as one text, and where each of its lines comes from. Reads no file.

The text has a comment before each cell, so that texts with other cells differ. Lines of IPython that are not Python
(`%magic`, `!command`, `name?`) are taken out late, by `python`: most notebooks have no name that matters.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from flake8_naq.syntax.source import SourceError

_FORMAT = 4  # cells are at the top since this version
# Cells with these magics hold Python below their first line.
_PYTHON_CELLS = frozenset({"capture", "debug", "prun", "pypy", "python", "python3", "time", "timeit"})
_CELL_MAGIC = re.compile(r"%%(\w+)")
_MAGIC = re.compile(r"\s*(?:[%!?]|[\w.*]+\?{1,2}\s*$)")
_ASSIGNED = re.compile(r"(\s*[\w ,.]+=\s*)[%!]")
# A line of the file that holds one string of a cell: alone, or behind the key.
_STORED = re.compile(r'^(?:.*"source":\s*)?\[?\s*("(?:[^"\\]|\\.)*")[\s,\]}]*$')


class Cells(NamedTuple):
    """Where the lines of the text come from, each in the order of the lines.

    `numbers` are the cells, counted from 1 with all cells; `lines` the lines in the cell, 0 for the comment before it;
    `stored` the lines of the file, 1 where the line is not stored in a line of the file.
    """

    numbers: tuple[int, ...]
    lines: tuple[int, ...]
    stored: tuple[int, ...]

    def number(self, line: int) -> int:
        """Return the cell of a line of the text."""
        return self.numbers[line - 1]

    def line(self, line: int) -> int:
        """Return the line in its cell of a line of the text."""
        return self.lines[line - 1]

    def stored_line(self, line: int) -> int:
        """Return the line of the file for a line of the text."""
        return self.stored[line - 1]

    def named(self, line: int) -> str:
        """Return a line of the text as messages name it: `cell 3, line 2`."""
        return f"cell {self.number(line)}, line {self.line(line)}"


class Notebook(NamedTuple):
    """The code cells of a notebook as one text in UTF-8; it is empty for a notebook of another language."""

    source: bytes
    cells: Cells


def read(source: bytes) -> Notebook:
    """Return the code of a notebook. Raises SourceError, whose message names no file."""
    text, sources, is_code = _parsed(source)
    stored = _stored_lines(text, sources)
    numbers: list[int] = []
    places: list[int] = []
    kept: list[int] = []
    lines: list[str] = []
    for number, pieces in enumerate(sources, 1):
        if is_code[number - 1]:
            found = [f"# cell {number}", *_lines(pieces)]
            lines += found
            numbers += [number] * len(found)
            places += range(len(found))
            kept += [1, *stored[number - 1]]
    joined = "".join(f"{line}\n" for line in lines)
    return Notebook(joined.encode("utf-8", "surrogatepass"), Cells(tuple(numbers), tuple(places), tuple(kept)))


def _parsed(source: bytes) -> tuple[str, list[list[str]], list[bool]]:
    """Return the text of the file, the source of each cell, and which cells have Python. Raises SourceError."""
    try:
        text = source.decode("utf-8-sig")
        data = json.loads(text)
        if data["nbformat"] < _FORMAT:
            raise SourceError("it is not a notebook of format 4; Jupyter saves it as one")
        sources = [_source(cell) for cell in data["cells"]]
        python = _is_python(data)
        return text, sources, [python and cell["cell_type"] == "code" for cell in data["cells"]]
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"it is not a notebook: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise SourceError("it is not a notebook: expected nbformat and cells, each with a source") from error


def _is_python(data: Any) -> bool:
    """Return whether the metadata names no other language."""
    metadata = data.get("metadata", {})
    named = metadata.get("language_info", {}).get("name") or metadata.get("kernelspec", {}).get("language") or "python"
    return str(named).lower() in ("python", "ipython")


def _source(cell: Any) -> list[str]:
    """Return the strings that make the source of a cell. Raises KeyError or TypeError where it has none."""
    source = cell["source"]
    pieces = [source] if isinstance(source, str) else source
    if not all(isinstance(piece, str) for piece in pieces):
        raise TypeError(source)
    return list(pieces)


def _lines(pieces: Sequence[str]) -> list[str]:
    text = "".join(pieces).replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix("\n").split("\n")


def _stored_lines(text: str, sources: Sequence[Sequence[str]]) -> list[list[int]]:
    """Return for each cell the lines of the file with its lines; 1 for a line whose place is not known."""
    at: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        match = _STORED.match(line)
        if match is not None:
            at.setdefault(match[1], []).append(number)
    found, last = [], 0
    for pieces in sources:
        lines: list[int] = []
        for piece in pieces:
            spelled = (json.dumps(piece, ensure_ascii=False), json.dumps(piece))
            numbers = (number for one in spelled for number in at.get(one, ()) if number > last)
            number = next(numbers, 0)
            last = number or last
            lines += [number or 1] * max(1, piece.count("\n"))
        found.append([*lines, *[lines[-1] if lines else 1] * (len(_lines(pieces)) - len(lines))])
    return found


def python(source: bytes, cells: Cells) -> bytes:
    """Return the text with the same lines, and without what is not Python. Raises SourceError."""
    lines = source.decode("utf-8", "surrogatepass").split("\n")
    for first, end in _ranges(cells):
        try:
            lines[first:end] = _without_magics(lines[first:end])
        except SyntaxError as error:
            place = f"cell {cells.numbers[first]}, line {error.lineno or 1}"
            stored = cells.stored[min(first + (error.lineno or 1), end) - 1]
            raise SourceError(f"not checked: {place}: {error.msg}", stored) from error
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _ranges(cells: Cells) -> Iterator[tuple[int, int]]:
    """Yield the lines of each cell, counted from 0, without the comment before it."""
    starts = [index for index, line in enumerate(cells.lines) if line == 0]
    for first, end in zip(starts, [*starts[1:], len(cells.lines)], strict=True):
        yield first + 1, end


def _without_magics(lines: list[str]) -> list[str]:
    """Return the lines of a cell without its magics. Raises SyntaxError."""
    magic = next((_CELL_MAGIC.match(line) for line in lines if line.strip()), None)
    if magic is not None and magic[1] not in _PYTHON_CELLS:
        return [""] * len(lines)
    found = list(lines)
    if magic is not None:
        found[next(index for index, line in enumerate(lines) if line.strip())] = ""
    while True:
        error = _error(found)
        if error is None:
            return found
        if not _take_out(found, (error.lineno or 1) - 1):
            break
    # The error may be behind the line that causes it.
    for index in range(len(found)):
        _take_out(found, index)
    if _error(found) is not None:
        raise error
    return found


def _error(lines: Sequence[str]) -> SyntaxError | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            return error
        except (ValueError, RecursionError, MemoryError) as error:
            return SyntaxError(str(error) or "nested too deeply")
    return None


def _take_out(lines: list[str], index: int) -> bool:
    """Replace a magic, and the lines that continue it, by `pass` or an assignment of None; False if it is none."""
    if index >= len(lines):
        return False
    line = lines[index]
    assigned = _ASSIGNED.match(line)
    if assigned is None and not _MAGIC.match(line):
        return False
    indent = line[: len(line) - len(line.lstrip())]
    lines[index] = f"{assigned[1]}None" if assigned is not None else f"{indent}pass"
    while line.endswith("\\") and index + 1 < len(lines):
        index += 1
        line, lines[index] = lines[index], ""
    return True
