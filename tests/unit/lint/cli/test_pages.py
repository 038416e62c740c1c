"""Pages, README and rules say the same, and the pages' examples do what the pages say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flake8_naq.catalogue.index import INDEX
from flake8_naq.catalogue.toml_files import HERE
from flake8_naq.cli import pages
from flake8_naq.engine import lint
from flake8_naq.project.codes import off_by_default
from flake8_naq.project.settings import Settings
from flake8_naq.rules import all_rules, rule_page

ROOT = Path(__file__).parents[4]
SECTIONS = ("What it does", "Why is this bad?", "Example", "Use instead", "Options", "Fix safety")
EVERYTHING = Settings(select=off_by_default())


def test_committed_pages_are_the_generated_ones() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "rules").glob("*.md")}
    assert committed == pages.pages(), "run `make docs`"


def test_readmes_have_the_generated_table() -> None:
    for path, pages_at in pages.readmes(ROOT).items():
        readme = path.read_text(encoding="utf-8")
        assert readme == pages.with_table(readme, pages_at), "run `make docs`"
        assert "| [NAQ101](" in readme


def test_the_catalogues_have_the_generated_page_and_index() -> None:
    assert (ROOT / "docs" / "catalogues.md").read_text(encoding="utf-8") == pages.catalogues(), "run `make docs`"
    assert (HERE / INDEX).read_text(encoding="utf-8") == pages.index(), "run `make docs`"


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_page_is_whole_and_its_examples_are_true(rule) -> None:
    page = rule_page(rule)
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert [heading for heading in headings if heading in SECTIONS] == list(SECTIONS)
    bad, good = (_example(page, heading) for heading in ("Example", "Use instead"))
    assert rule.code in {finding.code for finding in lint(bad, settings=EVERYTHING)}
    assert [finding for finding in lint(good, settings=EVERYTHING) if finding.code not in off_by_default()] == []
    assert rule.code not in {finding.code for finding in lint(good, settings=EVERYTHING)}


def _example(page: str, heading: str) -> str:
    section = page.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return section.split("```python\n", 1)[1].split("```", 1)[0]
