"""`# noqa` comments that name codes: added to a text, and found where they silence nothing. Reads no file.

flake8 looks for the comment in the line of a finding; in all its lines if a string or a backslash continues the line.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

_CODE = re.compile(r"[A-Z]+[0-9]+", re.IGNORECASE)
# A comment with codes, as flake8 reads it.
_NOQA = re.compile(r"# noqa:\s?(?P<codes>[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)", re.IGNORECASE)


class Unused(NamedTuple):
    """A code in a comment that silences nothing; line and column count from 1 and are those of the comment."""

    line: int
    column: int
    code: str


def with_comments(text: str, silenced: Mapping[int, Collection[str]]) -> str:
    """Return the text with a comment for the codes of each line; raises SyntaxError if it cannot be tokenized."""
    lines = _lines(text)
    groups = _groups(lines)
    last_of = {number: group.stop - 1 for group in groups for number in group}
    wanted: dict[int, set[str]] = {}
    for line, codes in silenced.items():
        wanted.setdefault(last_of.get(line, line), set()).update(codes)
    first_of = {group.stop - 1: group.start for group in groups}
    for last, codes in wanted.items():
        _silence(lines, range(first_of.get(last, last), last + 1), codes)
    return "".join(lines)


def _silence(lines: list[str], group: range, codes: Collection[str]) -> None:
    """Add the codes to the comment in the group of lines, or a comment to its last line."""
    for number in group:
        line = lines[number - 1]
        match = _NOQA.search(line)
        if match is not None:
            end = match.end("codes")
            missing = sorted(set(codes) - set(_named(match["codes"])))
            lines[number - 1] = "".join((line[:end], *(f",{code}" for code in missing), line[end:]))
            return
    line = lines[group.stop - 2]
    body = line.rstrip("\r\n")
    lines[group.stop - 2] = f"{body.rstrip()}  # noqa: {','.join(sorted(codes))}{line[len(body):]}"


def unused(text: str, found: Mapping[int, Collection[str]], prefix: str) -> Iterator[Unused]:
    """Yield the codes with the prefix that a comment names and that none of the codes `found` on its line has.

    Raises SyntaxError if the text cannot be tokenized.
    """
    lines = _lines(text)
    groups = {number: group for group in _groups(lines) for number in group}
    for token in _tokens(lines):
        match = _NOQA.search(token.string) if token.type == tokenize.COMMENT else None
        if match is None:
            continue
        line, column = token.start
        codes = {code for number in groups.get(line, (line,)) for code in found.get(number, ())}
        for named in _named(match["codes"]):
            if named.startswith(prefix) and not any(code.startswith(named) for code in codes):
                yield Unused(line, column + match.start() + 1, named)


def _named(codes: str) -> list[str]:
    return [code.upper() for code in _CODE.findall(codes)]


def _lines(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


def _tokens(lines: list[str]) -> Iterator[tokenize.TokenInfo]:
    """Yield the tokens of the lines. Raises SyntaxError."""
    try:
        yield from tokenize.generate_tokens(iter(lines).__next__)
    except tokenize.TokenError as error:
        raise SyntaxError(str(error)) from error


def _groups(lines: list[str]) -> list[range]:
    """Return the lines, counted from 1, that flake8 reads as one: of a string, or continued by a backslash."""
    groups, first, last = [], len(lines) + 1, 0
    for token in _tokens(lines):
        if token.type in (tokenize.ENDMARKER, tokenize.DEDENT):
            continue
        first, last = min(first, token.start[0]), max(last, token.end[0])
        if token.type in (tokenize.NL, tokenize.NEWLINE):
            groups.append(range(first, last + 1))
            first, last = len(lines) + 1, 0
    return groups
