"""The text of the project is plain English: no idiom of the list below occurs in a comment, a string or a document.

They are correct and slow to read, above all for those whose first language is another one. Write nouns and plain verbs:
"on every turn" for "anew", "no reader" for "nobody", "is not a coroutine" for "is no coroutine". To see every place,
also in the files that are still to be rewritten: `python tests/test_english.py`.
"""

from __future__ import annotations

import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEFT = Path(__file__).with_name("english_left.txt")
_PHRASES = (
    "anew", "nobody", "somebody", "told apart", "is said", "are said", "who asks", "for ever",
    "of its own", "of his own", "of their own", "whoever", "is called so", "to be had", "as it were", "what came of",
    "what comes of", "the server's word", "asked for wrongly", "refused in words",
)  # fmt: skip
# Fine are "there is no fix", "is no longer" and "stands for" in the sense of "represents".
_IDIOMS = re.compile(
    rf"\b(?:{'|'.join(_PHRASES)}|(?<!there )is no(?! longer\b| more\b| less\b)|stands(?! for\b))\b".replace(" ", r"[\s#]+")
    .replace(r"(?<!there[\s#]+)", r"(?<!there\s)"),
    re.IGNORECASE,
)  # fmt: skip
_AT_MOST = 0
_TEXT = frozenset({".py", ".md", ".toml", ".txt", ".yaml", ".css", ""})
_NOT_OURS = ("LICENSE", "tests/test_english.py", "tests/english_left.txt")
_MADE = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".cache", "build", "dist"})
_STRINGS = frozenset(getattr(tokenize, name, None) for name in ("STRING", "FSTRING_MIDDLE", "TSTRING_MIDDLE"))
_LAYOUT = frozenset({tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT})


class Place(NamedTuple):
    """Where an idiom occurs."""

    line: int
    idiom: str


def places(name: str, text: str) -> list[Place]:
    """Return the idioms in a file; of Python only comments and strings are read, so that identifiers may be anything."""
    parts = _python_texts(text) if name.endswith(".py") else [(1, text)]
    return [
        Place(line + part.count("\n", 0, match.start()), " ".join(match[0].split()))
        for line, part in parts
        for match in _IDIOMS.finditer(part)
    ]


def _python_texts(text: str) -> Iterator[tuple[int, str]]:
    """Yield each string, and each block of comments, with the line on which it starts."""
    comments: list[str] = []
    start = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            start = start if comments else token.start[0]
            comments.append(token.string)
        elif token.type not in _LAYOUT:
            if comments:
                yield start, "\n".join(comments)
            comments = []
            if token.type in _STRINGS:
                yield token.start[0], token.string


def _tracked() -> list[str]:
    """Return the files that git tracks; in a source distribution, all but the environments and caches beside them."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=True)
        return listed.stdout.decode().split("\0")
    paths = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return [path.as_posix() for path in paths if not _MADE.intersection(path.parts) and path.parts[0][:5] != ".venv"]


def _files() -> list[str]:
    names = [name for name in _tracked() if name and name not in _NOT_OURS]
    return [name for name in names if Path(name).suffix in _TEXT and (ROOT / name).is_file()]


def _found() -> dict[str, list[Place]]:
    every = {name: places(name, (ROOT / name).read_text(encoding="utf-8", errors="replace")) for name in _files()}
    return {name: found for name, found in every.items() if found}


def _left() -> set[str]:
    return set(LEFT.read_text(encoding="utf-8").splitlines()) if LEFT.exists() else set()


def test_no_idiom_outside_of_the_files_that_are_left() -> None:
    wrong = {name: found for name, found in _found().items() if name not in _left()}
    assert not wrong, "\n".join(f"{name}:{place.line}: {place.idiom}" for name in wrong for place in wrong[name])


def test_the_list_of_files_only_shrinks() -> None:
    assert len(_left()) <= _AT_MOST


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is made anew.", ["anew"]),
        ("Nobody and somebody", ["Nobody", "somebody"]),
        ("a function of\n# its own", ["of # its own"]),
        ("what is no coroutine", ["is no"]),
        ("there is no fix; it is no longer open; it is not one", []),
        ("where it stands; stands for a URL", ["stands"]),
        ("renewal, bodies, said, understands", []),
    ],
)
def test_places(text: str, found: list[str]) -> None:
    assert [place.idiom for place in places("a.md", text)] == found


def test_places_in_python() -> None:
    text = 'anew = {"a": nobody}\n# It is\n# said anew.\nx = """\n\nIt stands."""  # there is no fix\n'
    assert places("a.py", text) == [Place(2, "is # said"), Place(3, "anew"), Place(6, "stands")]


if __name__ == "__main__":
    for file, where in _found().items():
        print("\n".join(f"{file}:{place.line}: {place.idiom}" for place in where))
