"""The format of the baseline: a heading for each path, a line for each known finding. Does not read the disk.

# flake8-naq baseline 1

src/app/queue.py
  Queue.enqueue NAQ101 get_nats_connection(self.nats_url)
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flake8_naq.baseline.content import Key

VERSION = 1
MARK = "# flake8-naq baseline "
WRITE = "run `flake8-naq baseline write`"
_HEAD = f"""\
{MARK}{VERSION}
# Known findings, which are not reported. `flake8-naq baseline write` writes this file, `prune` takes out what has been
# fixed. Paths start at the file's folder. After a merge conflict, write it again.
"""
_LINE = r"  \S++ [A-Z]{1,3}+[0-9]{3}(?: .*+)?+"
# It only goes forward, copies nothing and is quick to compile: a large file is read often, a damaged one hardly ever.
_SECTION = re.compile(rf"([^\s#].*+(?<!\s))\n((?:(?:{_LINE}\n)++|#.*+\n|\n)*+)".encode())
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")

Entries = Mapping[str, tuple["Key", ...]]


class BaselineError(ValueError):
    """A baseline that cannot be used; the message names file, line, the error and the remedy."""


def render(entries: Entries) -> str:
    """Return the text of the file: sorted, so that equal entries give equal text."""
    return "\n".join([_HEAD, *(_section(path, entries[path]) for path in sorted(entries) if entries[path])])


def _section(path: str, keys: Iterable[Key]) -> str:
    lines = (f"  {key.function} {key.code} {key.content}".rstrip() for key in sorted(keys))
    return "\n".join([_heading(path), *lines, ""])


def _heading(path: str) -> str:
    """Return the path, quoted as JSON if it could be read as an entry or a comment."""
    plain = path.isprintable() and path == path.strip() and not path.startswith(('"', "#", *_CONFLICT))
    if plain and path:
        return path
    import json  # few paths need it

    return json.dumps(path)


class Sections(Mapping[str, tuple["Key", ...]]):
    """The entries of `data`: split into paths on the first access; the entries of a path are read on first use."""

    def __init__(self, data: bytes, name: str) -> None:
        self._data = data
        self._name = name

    @cached_property
    def _spans(self) -> Mapping[str, Sequence[int]]:
        try:
            return _spans(self._data)
        except ValueError as error:
            raise _damage(self._data.decode(), self._name) from error

    def __getitem__(self, path: str) -> tuple[Key, ...]:
        spans = self._spans[path]
        blocks = (self._data[start:end].decode() for start, end in zip(spans[::2], spans[1::2], strict=True))
        return tuple(_keys(line for block in blocks for line in block.split("\n") if line[:1] == " "))

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)


def parse(data: bytes, name: str) -> Entries:
    """Return the entries by path. Raises BaselineError, with the file `name`, if the baseline is not complete."""
    found = parse_later(data, name)
    len(found)  # looks it through
    return found


def parse_later(data: bytes, name: str) -> Entries:
    """Parse the file without its entries, which most runs do not need: a damaged line raises when an entry is read."""
    plain = plainly(data)
    if not plain.endswith(b"\n"):
        plain += b"\n"
    try:
        if not plain.isascii():  # where it is, and it mostly is, nothing has to be copied
            plain.decode()
    except UnicodeDecodeError as error:
        raise BaselineError(f"{name}: this is not a baseline of flake8-naq: it is not UTF-8 text") from error
    _check_version(plain[: plain.index(b"\n")].decode(), name)
    return Sections(plain, name)


def plainly(data: bytes) -> bytes:
    """Return the data without a byte order mark and with LF line ends, as an editor or git may have changed them."""
    return data.removeprefix(BOM_UTF8).replace(b"\r\n", b"\n")


def _spans(data: bytes) -> dict[str, tuple[int, ...]]:
    """Return the range of the entries of each path. Raises ValueError for a line that is neither path nor entry."""
    end = 0
    while data.startswith((b"#", b"\n"), end):
        end = data.index(b"\n", end) + 1
    spans: dict[str, tuple[int, ...]] = {}
    for match in _SECTION.finditer(data, end):
        path = match[1].decode()
        if match.start() != end or path.startswith(_CONFLICT) or path != path.strip():
            break
        start, end = match.span(2)
        name = _quoted(path) if path[0] == '"' else path
        if data.find(b"\n  ", start - 1, end) >= 0:
            spans[name] = (*spans.get(name, ()), start, end)
    if end != len(data):
        raise ValueError(f"neither a path nor an entry at {end}")
    return spans


def _damage(text: str, name: str) -> BaselineError:
    """Return the error for a file that is not complete, with its line."""
    under_path = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("  "):
            if not under_path or re.fullmatch(_LINE, line) is None:
                return _damaged(name, number, f"expected '  FUNCTION CODE SOURCE', got {line[:60]!r}")
        elif line.startswith(_CONFLICT):
            return _damaged(name, number, "an unresolved merge conflict")
        elif line and not line.startswith("#"):
            problem = _problem_of_path(line)
            if problem:
                return _damaged(name, number, problem)
            under_path = True
    return BaselineError(f"{name}: damaged; {WRITE} to write it again")


def _keys(lines: Iterable[str]) -> Iterator[Key]:
    from flake8_naq.baseline.content import Key  # not before there is a file to look up

    for line in lines:
        function, code, *content = line[2:].split(" ", 2)
        yield Key(function, code, content[0] if content else "")


def _check_version(first: str, name: str) -> None:
    version = first.removeprefix(MARK).strip() if first.startswith(MARK) else ""
    if not version.isdecimal():
        raise BaselineError(
            f"{name}: line 1: this is not a baseline of flake8-naq, which starts with '{MARK}{VERSION}'; "
            "name the right file, or write a new one elsewhere with `flake8-naq baseline write --baseline FILE`"
        )
    if int(version) != VERSION:
        raise BaselineError(f"{name}: line 1: format {version}; this flake8-naq knows format {VERSION} only")


def _problem_of_path(line: str) -> str:
    if line != line.strip():
        return f"expected a path, got {line[:60]!r}"
    try:
        _quoted(line) if line.startswith('"') else None
    except ValueError as error:
        return f"a quoted path that does not end ({error})"
    return ""


def _quoted(text: str) -> str:
    import json  # few paths need it

    path: object = json.loads(text)
    if not isinstance(path, str):
        raise ValueError(f"not a path: {text}")
    return path


def _damaged(name: str, number: int, what: str) -> BaselineError:
    return BaselineError(f"{name}: line {number}: {what}; {WRITE} to write it again")
