"""Reads the baseline of an earlier commit from git."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from flake8_naq.baseline.content import Key
from flake8_naq.baseline.file import BaselineError, Entries, parse, plainly
from flake8_naq.project.git import run

_BEFORE = "HEAD^"
_CANNOT = "cannot tell what is new in the baseline"


@dataclass(frozen=True, slots=True)
class Change:
    """The difference between a baseline and that of the commit `reference`; `before` and `now` count entries.

    `added` are the entries, with their paths, that it did not have. An entry that followed a renamed file is not new.
    """

    reference: str
    before: int
    now: int
    added: tuple[tuple[str, Key], ...]


def changes(path: str, entries: Entries, reference: str | None) -> Change:
    """Compare with the commit `reference`; without one, with HEAD, or its first parent where HEAD has the same text.

    So it compares a working tree with its commit, and in CI, where both are the same, a commit with what it is based
    on. BaselineError where git or its history is missing.
    """
    chosen, data = _earlier(path, reference)
    earlier = parse(data, f"{path} at {chosen}") if data else {}
    before, now = Counter(_pairs(earlier)), Counter(_pairs(entries))
    added, removed = now - before, before - now
    # Where a file's path has gone, its entries may be listed under its present path.
    moved: Counter[Key] = Counter()
    for (name, key), number in removed.items():
        moved[key] += number if name not in entries else 0
    new = []
    for name, key in sorted(added.elements()):
        if name not in earlier and moved[key] > 0:
            moved[key] -= 1
        else:
            new.append((name, key))
    return Change(chosen, before.total(), now.total(), tuple(new))


def _pairs(entries: Entries) -> Iterator[tuple[str, Key]]:
    return ((path, key) for path, keys in entries.items() for key in keys)


def _earlier(path: str, reference: str | None) -> tuple[str, bytes]:
    if reference is not None:
        return reference, _at(path, reference)
    head = _at(path, "HEAD")
    with open(path, "rb") as file:
        same = plainly(file.read()) == plainly(head)
    return (_BEFORE, _at(path, _BEFORE)) if same else ("HEAD", head)


def _at(path: str, reference: str) -> bytes:
    """Return the bytes of the file at a commit, empty if it did not exist. Raises BaselineError."""
    folder, name = os.path.split(os.path.abspath(path))
    if _git(folder, "rev-parse", "--is-inside-work-tree", said=f"{path}: not in a git repository") != b"true\n":
        raise BaselineError(f"{path}: not in the work tree of a git repository")
    if _run(folder, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}").returncode:
        raise BaselineError(f"{_CANNOT}: {_lacking(folder, reference)}")
    if not _git(folder, "ls-tree", "-z", reference, "--", f"./{name}", said=f"git cannot list {reference}"):
        return b""
    return _git(folder, "show", f"{reference}:./{name}", said=f"git cannot read {name} at {reference}")


def _lacking(folder: str, reference: str) -> str:
    if reference == "HEAD":
        return "there is no commit yet to compare it with"
    if reference == _BEFORE and _run(folder, "rev-parse", "--is-shallow-repository").stdout == b"false\n":
        return "there is no commit before HEAD to compare it with"
    return (
        f"commit '{reference}' is not in this clone; fetch more history (actions/checkout: fetch-depth: 0), "
        "or name a commit with --baseline-reference"
    )


def _git(folder: str, *arguments: str, said: str) -> bytes:
    """Return the output of git. Raises BaselineError with the text `said` and git's message."""
    done = _run(folder, *arguments)
    if done.returncode:
        detail = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise BaselineError(f"{_CANNOT}: {said}{f' ({detail})' if detail else ''}")
    return done.stdout


def _run(folder: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return run(folder, *arguments)
    except FileNotFoundError as error:
        raise BaselineError(f"{_CANNOT}: git is not installed") from error
    except OSError as error:
        raise BaselineError(f"{_CANNOT}: git cannot be run: {error.strerror}") from error
