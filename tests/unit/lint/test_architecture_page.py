"""The example of docs/architecture.md: its graph, finding and fix are what the linter makes of it."""

from __future__ import annotations

import re
from pathlib import Path

import flake8_naq
from flake8_naq.engine import lint
from flake8_naq.fixer.fix import fix_source
from lint.cfg.graphs import Module, dump

PAGE = (Path(__file__).parents[3] / "docs" / "architecture.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
TEXT = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
PACKAGE = Path(flake8_naq.__file__).parent


def test_the_graph_is_the_one_that_is_built() -> None:
    assert dump(Module(PYTHON[0]).graph()) + "\n" == TEXT[1]


def test_the_finding_is_the_one_that_is_reported() -> None:
    [finding] = lint(PYTHON[0])
    assert f"{finding.line}:{finding.column} {finding.code} {finding.message}\n" == TEXT[2]
    assert finding.witness is not None
    assert (finding.witness.line, finding.witness.how) == (7, "raises")


def test_the_fix_is_safe_and_the_one_that_is_shown() -> None:
    written = fix_source(PYTHON[0])
    assert (written.source, written.unfixed) == (PYTHON[1], ())


def test_the_folders_of_the_table_exist() -> None:
    folders = re.findall(r"^\| `(\w+)/`", PAGE, re.MULTILINE)
    assert len(folders) >= 6
    for name in folders:
        assert (PACKAGE / name / "__init__.py").is_file(), name


def test_every_module_that_is_named_exists() -> None:
    named = set(re.findall(r"`((?:cfg|dataflow|rules|syntax|fixer)[./]\w+)(?:\.\w+)?`", PAGE))
    assert named
    for name in named:
        path = PACKAGE / name.replace(".", "/")
        assert path.with_suffix(".py").is_file() or path.is_dir(), name
