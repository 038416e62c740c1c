"""`docs/resources.md` has each key of the format, with its meaning and an example; the examples are read and run."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from flake8_naq.catalogue.keys import CALL_KEYS, LIBRARY_KEYS, RESOURCE_KEYS
from flake8_naq.catalogue.library import read_library
from flake8_naq.engine import lint
from flake8_naq.project.settings import Settings, settings_from_table

PAGE = (Path(__file__).parents[4] / "docs" / "resources.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FINDS = re.compile(r"\s*# finds (NAQ\d+)(?: (.+))?$")
SECTIONS = dict(re.findall(r"^### `([\w-]+)`\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE))
KEYS = {key.name: key for key in (*CALL_KEYS, *RESOURCE_KEYS)}


def settings_of(text: str) -> Settings:
    """Return the settings of an example: those of a project, or one resource."""
    table: dict[str, Any] = tomllib.loads(text)
    if "tool" not in table:
        table = {"tool": {"flake8-naq": {"resource": [table]}}}
    return settings_from_table(table["tool"]["flake8-naq"], "example")


def test_each_key_has_a_section() -> None:
    assert len(SECTIONS) > 20
    assert SECTIONS.keys() == KEYS.keys()


@pytest.mark.parametrize("name", KEYS)
def test_the_section_says_what_the_key_means_and_shows_it(name: str) -> None:
    section = SECTIONS[name]
    assert KEYS[name].meaning in " ".join(section.split())
    example = next(text for kind, text in BLOCK.findall(section) if kind == "toml")
    assert re.search(rf"^{name} = ", example, re.MULTILINE)
    settings_of(example)


def test_each_key_of_a_catalogue_file_is_named() -> None:
    assert all(f"`{key.name}`" in PAGE for key in LIBRARY_KEYS)


def test_the_catalogue_file_is_one(tmp_path: Path) -> None:
    [text] = [text for kind, text in BLOCK.findall(PAGE) if kind == "toml" and text.startswith("library")]
    path = tmp_path / "shop.toml"
    path.write_text(text)
    library = read_library(path)
    assert (library.title, library.imports, library.default) == ("shop", ("shop",), True)
    assert [one.name for one in library.resources] == ["session"]


def examples() -> list[tuple[str, str]]:
    """Return each program with the declaration above it."""
    found, declaration = [], ""
    for kind, text in BLOCK.findall(PAGE):
        if kind == "toml":
            declaration = text
        elif kind == "python":
            found.append((declaration, text))
    return found


@pytest.mark.parametrize(("declaration", "program"), examples(), ids=lambda text: text.splitlines()[0])
def test_the_program_has_the_findings_that_it_says(declaration: str, program: str) -> None:
    expected = {
        (number, found[1], found[2])
        for number, line in enumerate(program.splitlines(), 1)
        if (found := FINDS.search(line)) is not None
    }
    told = {
        (finding.line, finding.code, finding.message) for finding in lint(program, settings=settings_of(declaration))
    }
    assert {(line, code) for line, code, _ in told} == {(line, code) for line, code, _ in expected}
    assert all(
        any(one[:2] == (line, code) and words in one[2] for one in told) for line, code, words in expected if words
    )
