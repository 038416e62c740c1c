"""Finds the new path of a file that was moved, by the code of its findings. Reads files and parses none."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from flake8_naq.baseline.content import CUT, Key
from flake8_naq.project.discovery import FILENAMES, find_files
from flake8_naq.project.paths import near, with_slashes

_ENOUGH = 0.5
_WORD = re.compile(r"\w+")


def find_moves(
    folder: str, gone: Mapping[str, Sequence[Key]], known: Collection[str], exclude: Sequence[str]
) -> dict[str, str]:
    """Return the new path by old path: the file that contains the code of most of the findings, at least half of them.

    A file that the baseline knows under its present path succeeds no other, and a file succeeds at most one.
    Among equals, one with the same file name is preferred, then one in the same folder, then the first by path.
    """
    wanted = {path: [_words(key) for key in keys] for path, keys in gone.items()}
    claims = sorted(
        (-share, *_distance(old, new), old, new)
        for new, source in _candidates(folder, known, exclude)
        for old, findings in wanted.items()
        if (share := _share(findings, source)) >= _ENOUGH
    )
    moves: dict[str, str] = {}
    for *_, old, new in claims:
        if old not in moves and new not in moves.values():
            moves[old] = new
    return moves


def _candidates(folder: str, known: Collection[str], exclude: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yield each Python file that is not in the baseline."""
    for path in find_files([os.path.join(folder, "")], exclude, FILENAMES):
        name = with_slashes(near(path, folder))
        if name not in known:
            try:
                with open(path, "rb") as file:
                    yield name, file.read()
            except OSError:
                continue


def _words(key: Key) -> list[bytes]:
    """Return the words of the finding's code that a file must contain, the longest and so the rarest first."""
    text, _, digest = key.content.partition(CUT)
    words = _WORD.findall(text)[: -1 if digest else None]
    if not key.function.startswith("<"):
        words += _WORD.findall(key.function)
    return sorted({word.encode("utf-8", "surrogatepass") for word in words}, key=lambda word: (-len(word), word))


def _share(findings: Sequence[Sequence[bytes]], source: bytes) -> float:
    """Return the share of the findings whose code the file contains."""
    return sum(all(word in source for word in words) for words in findings) / len(findings)


def _distance(old: str, new: str) -> tuple[bool, bool]:
    return os.path.basename(old) != os.path.basename(new), os.path.dirname(old) != os.path.dirname(new)
