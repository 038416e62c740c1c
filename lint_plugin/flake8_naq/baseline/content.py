"""What a finding is about, as text that stays the same when the code moves or is reformatted. Parses nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from flake8_naq.model import Finding

_LONGEST = 100
CUT = " ... "
# What most findings mark, and what is normal as it is written.
_PLAIN = r"[\w.()\[\]=]+(?:, [\w*][\w.()\[\]=]*)*"
_TOKEN = r"""
    (?P<string>(?i:[rbuft]{0,2})(?:'''(?:[^\\]|\\.)*?'''|\"""(?:[^\\]|\\.)*?\"""|'(?:[^\\'\n]|\\.)*'|"(?:[^\\"\n]|\\.)*"))
    |(?P<gap>\#[^\n]*|\\\n|\s+)
    |(?P<word>[^\W]+)
    |(?P<sign>.)"""


class Key(NamedTuple):
    """A finding without its line: findings of a file with equal keys differ only in their number."""

    function: str
    code: str
    content: str


def key_of(finding: Finding, lines: Sequence[str]) -> Key:
    """Return the key of a finding in a file with these `lines`, with or without their line ends."""
    return Key(finding.function, finding.code, content(finding, lines))


def content(finding: Finding, lines: Sequence[str]) -> str:
    """Return the code that the finding marks, on one line; long code is cut, and a digest keeps it distinct."""
    text = normal(_marked(finding, lines))
    if len(text) <= _LONGEST:
        return text
    import hashlib  # few are that long

    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{text[:_LONGEST].rstrip()}{CUT}{digest}"


def _marked(finding: Finding, lines: Sequence[str]) -> str:
    first, last = finding.line - 1, min(finding.end_line, len(lines)) - 1
    if not 0 <= first <= last:
        return ""
    if first == last:
        return lines[first][finding.column - 1 : finding.end_column - 1]
    start, end = lines[first][finding.column - 1 :], lines[last][: finding.end_column - 1]
    return "\n".join(line.rstrip("\r\n") for line in (start, *lines[first + 1 : last], end))


def normal(source: str) -> str:
    """Return code without what a formatter changes: comments, line breaks, trailing commas and quotes."""
    if re.fullmatch(_PLAIN, source):
        return source
    pieces: list[str] = []
    wordy = False
    for match in re.finditer(_TOKEN, source, re.VERBOSE | re.DOTALL):
        kind = match.lastgroup
        if kind == "gap":
            continue
        piece = match.group()
        if kind == "string":
            piece = _quoted(piece)
        elif piece in ")]}" and pieces and pieces[-1] == ", ":
            pieces.pop()
        elif piece == ",":
            piece = ", "
        if wordy and kind in ("word", "string"):
            pieces.append(" ")
        wordy = kind in ("word", "string")
        pieces.append(piece)
    return "".join(pieces).strip()


def _quoted(text: str) -> str:
    """Return a string with the quotes that formatters prefer, on one line."""
    prefix = text[: len(text) - len(text.lstrip("rRbBuUfFtT"))].lower()
    body = text[len(prefix) :]
    if body.startswith("'") and not body.startswith("'''") and '"' not in body and "\\" not in body:
        body = f'"{body[1:-1]}"'
    return prefix + body.replace("\n", "\\n")
