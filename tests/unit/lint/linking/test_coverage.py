"""Whether the files of a run are all modules that they can import."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.linking.coverage import is_covered
from flake8_naq.linking.locate import Finder


@pytest.mark.parametrize(
    ("more", "covered"),
    [
        ([], True),
        (["a/readme.txt", "docs/page.md"], True),
        (["a/other.py"], False),
        (["scripts/tool.py"], False),
        (["src/lib/x.py"], False),
        (["build/x.py", ".venv/x.py", "env/pyvenv.cfg", "env/x.py"], True),
        ([f"data/d{number}/x.txt" for number in range(60)], False),
    ],
)
def test_covered(tmp_path: Path, more: list[str], covered: bool) -> None:
    files = ["pyproject.toml", "a/__init__.py", "a/b.py", "setup.py"]
    for name in (*files, *more):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    given = [str(tmp_path / name) for name in files if name.endswith(".py")]
    assert is_covered(given, Finder()) is covered
