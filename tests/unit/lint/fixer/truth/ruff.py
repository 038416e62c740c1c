"""ruff over many texts at once: what it finds in each, and which it would format otherwise."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

_RULES = "F,E9,W605"


def new_findings(before: Sequence[str], after: Sequence[str], folder: Path) -> list[tuple[int, str]]:
    """Number of the program and rule of each finding that the second text has and the first has not."""
    old = _checked(before, folder / "before", _RULES)
    new = _checked(after, folder / "after", _RULES)
    return [(number, code) for number in range(len(after)) for code in (new[number] - old[number]).elements()]


def unsorted_imports(texts: Sequence[str], folder: Path) -> set[int]:
    return {number for number, codes in enumerate(_checked(texts, folder / "imports", "I")) if codes}


def formatted(texts: Sequence[str], folder: Path) -> list[str]:
    """Each text as ruff would have it, imports sorted."""
    _written(texts, folder)
    _ruff(folder, "check", "--select", "I", "--fix")
    _ruff(folder, "format")
    return [_path(folder, number).read_text(encoding="utf-8") for number in range(len(texts))]


def unformatted(texts: Sequence[str], folder: Path) -> set[int]:
    """The numbers of the texts that ruff would format otherwise."""
    _written(texts, folder)
    said = _ruff(folder, "format", "--check")
    return {int(Path(line.removeprefix("Would reformat: ")).stem) for line in said.splitlines() if line.startswith("Would")}


def _checked(texts: Sequence[str], folder: Path, rules: str) -> list[Counter[str]]:
    _written(texts, folder)
    found: list[Counter[str]] = [Counter() for _ in texts]
    for row in json.loads(_ruff(folder, "check", "--select", rules, "--ignore", "F704,F706", "--output-format", "json")):
        found[int(Path(row["filename"]).stem)][row["code"] or "syntax error"] += 1
    return found


def _written(texts: Sequence[str], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, text in enumerate(texts):
        _path(folder, number).write_bytes(text.encode())


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number}.py"


def _ruff(folder: Path, *arguments: str) -> str:
    """What ruff says of a folder; run in it, as the files beside the working directory decides what is first-party."""
    command = [sys.executable, "-m", "ruff", *arguments, ".", "--isolated", "--no-cache", "--quiet"]
    if "--check" in arguments:
        command.remove("--quiet")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout
