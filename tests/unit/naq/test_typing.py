"""mypy and pyright: a call with wrong arguments is an error, and the result of a job has the function's type."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CALLS = Path(__file__).parent / "typed_calls.py"
TEXT = CALLS.read_text("utf-8")
MARKED = {number for number, line in enumerate(TEXT.splitlines(), 1) if line.endswith("# error")}


def of_mypy(_: Path) -> set[int]:
    # With the settings and the cache of `make types`, as what is imported is the same.
    command = [sys.executable, "-m", "mypy", "--strict", "--output=json", str(CALLS)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert found, done.stderr
    assert {Path(one["file"]).name for one in found} == {CALLS.name}, done.stdout
    return {one["line"] for one in found if one["severity"] == "error"}


def of_pyright(folder: Path) -> set[int]:
    (folder / CALLS.name).write_text(TEXT, "utf-8")
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT / "src")]}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), "utf-8")
    command = [sys.executable, "-m", "basedpyright", "--pythonpath", sys.executable, "--outputjson"]
    done = subprocess.run([*command, CALLS.name], capture_output=True, text=True, cwd=folder, check=False)
    found = json.loads(done.stdout)["generalDiagnostics"]
    return {one["range"]["start"]["line"] + 1 for one in found if one["severity"] == "error"}


@pytest.mark.parametrize("errors", [of_mypy, of_pyright])
def test_a_wrong_call_is_a_type_error_and_a_right_one_is_not(
    errors: Callable[[Path], set[int]], tmp_path: Path
) -> None:
    assert errors(tmp_path) == MARKED
