"""Which modules are beside the files of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.linking.coverage import modules_beside
from flake8_naq.linking.locate import Finder


@pytest.mark.parametrize(
    ("more", "beside"),
    [
        ([], []),
        (["a/readme.txt", "docs/page.md"], []),
        (["a/other.py"], ["a/other.py"]),
        (["scripts/tool.py"], ["scripts/tool.py"]),
        (["src/lib/x.py"], ["src/lib/x.py"]),
        (["build/x.py", ".venv/x.py", "env/pyvenv.cfg", "env/x.py"], []),
        ([f"tests/t{number}.py" for number in range(4)], None),
        ([f"data/d{number}/x.txt" for number in range(80)], None),
    ],
)
def test_modules_beside(tmp_path: Path, more: list[str], beside: list[str] | None) -> None:
    files = ["pyproject.toml", "a/__init__.py", "a/b.py", "setup.py"]
    for name in (*files, *more):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    given = [str(tmp_path / name) for name in files if name.endswith(".py")]
    found = modules_beside(given, Finder())
    assert found == (None if beside is None else [str(tmp_path / name) for name in beside])
