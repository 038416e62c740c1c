"""Formats for other hosts, the address of a rule's page, and the line of a file that does not parse."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from flake8_naq.report import azure, junit, rdjson
from flake8_naq.report.fix_records import Fix, Replacement
from flake8_naq.report.record import Record, Unchecked
from lint.process import flake8, naq
from lint.sources import LEAK

URL = "https://docs.example.org/{code}.html"
RECORD = Record("a;b%.py", 3, 5, "NAQ101", "100% [sure];\nreally", "é = x", 3, 6, "hand-closed")
BROKEN = "import nats\n\nnats.connect(\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text(LEAK)
    (tmp_path / "b.py").write_text(LEAK + LEAK.replace("f()", "g()"))
    return tmp_path


def test_azure_escapes() -> None:
    assert azure.render([RECORD], [Unchecked("c.py", "line 2: no", 2)]).splitlines() == [
        "##vso[task.logissue type=warning;sourcepath=a%3Bb%AZP25.py;linenumber=3;columnnumber=5;code=NAQ101;]"
        "100%AZP25 [sure];%0Areally",
        "##vso[task.logissue type=error;sourcepath=c.py;linenumber=2;columnnumber=1;code=not-checked;]line 2: no",
    ]


def test_junit_has_a_suite_for_each_file(tree: Path) -> None:
    (tree / "broken.py").write_text(BROKEN)
    root = ElementTree.fromstring(naq("check", "--output-format", "junit", ".", cwd=tree).stdout)
    suites = {suite.get("name"): suite for suite in root}
    assert {name: (suite.get("tests"), suite.get("failures"), suite.get("errors")) for name, suite in suites.items()} == {
        "a.py": ("1", "1", "0"), "b.py": ("2", "2", "0"), "broken.py": ("1", "0", "1"),
    }  # fmt: skip
    [failure] = suites["a.py"].findall("testcase/failure")
    assert "NAQ103" in str(failure.text)
    assert suites["broken.py"][0].get("line") == "3"


def test_junit_of_nothing_is_a_test_that_passes() -> None:
    [suite] = ElementTree.fromstring(junit.render([]))
    assert (suite.get("tests"), suite.get("failures")) == ("1", "0")


def test_junit_has_no_character_that_xml_cannot_have() -> None:
    ElementTree.fromstring(junit.render([Record("\x01", 1, 1, "X", "\x1b", "")]))


def test_reviewdog_counts_bytes_and_has_suggestions() -> None:
    fix = Fix("d", (Replacement(3, 1, 4, 1, "new\n"),))
    record = Record("a.py", 3, 2, "NAQ101", "m", "é = x", 3, 3, "hand-closed", fix=fix)
    [found] = json.loads(rdjson.render([record], rule_url=URL))["diagnostics"]
    assert found["location"]["range"] == {"start": {"line": 3, "column": 3}, "end": {"line": 3, "column": 4}}
    assert found["code"] == {"value": "NAQ101", "url": "https://docs.example.org/NAQ101.html"}
    assert found["severity"] == "WARNING"
    assert found["suggestions"] == [
        {"range": {"start": {"line": 3, "column": 1}, "end": {"line": 4, "column": 1}}, "text": "new\n"}
    ]
    odd = Record("a.py", 3, 2, "E501", "m", "", fix=Fix("d", (Replacement(3, 1, 3, 9, "new"),)))
    assert "suggestions" not in json.loads(rdjson.render([odd], rule_url=URL))["diagnostics"][0]


def test_concise_and_grouped(tree: Path) -> None:
    assert naq("check", "--output-format", "concise", ".", cwd=tree).stdout == naq("check", ".", cwd=tree).stdout
    lines = naq("check", "--output-format", "grouped", ".", cwd=tree).stdout.splitlines()
    assert [line for line in lines if not line.startswith("  ")] == ["./a.py:", "", "./b.py:"]
    assert lines[1].startswith("  5:16  NAQ103 ")
    assert lines[5].startswith("  11:16  NAQ103 ")


@pytest.mark.parametrize("name", ["junit", "azure", "rdjson"])
def test_flake8_has_the_formats_too(tree: Path, name: str) -> None:
    assert "NAQ103" in flake8("--isolated", "--select", "NAQ", f"--format=naq-{name}", ".", cwd=tree).stdout


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("github", "::error file=broken.py,line=3,title=not checked::"),
        ("gitlab", '"begin": 3'),
        ("sarif", '"startLine": 3'),
        ("azure", "linenumber=3;"),
        ("rdjson", '"line": 3'),
    ],
)
def test_a_file_that_does_not_parse_has_its_line(tmp_path: Path, name: str, place: str) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)
    assert place in naq("check", "--output-format", name, ".", cwd=tmp_path).stdout


def test_addresses_of_the_rules_are_given_where_they_are_set(tree: Path) -> None:
    shown = naq("check", "--output-format", "sarif", ".", cwd=tree).stdout
    assert "helpUri" not in shown
    (tree / "pyproject.toml").write_text(f'[tool.flake8-naq]\nrule-url = "{URL}"\n')
    address = URL.format(code="NAQ103")
    [rule] = json.loads(naq("check", "--output-format", "sarif", ".", cwd=tree).stdout)["runs"][0]["tool"]["driver"]["rules"]
    assert rule["helpUri"] == address
    assert json.loads(naq("check", "--output-format", "json", ".", cwd=tree).stdout)[0]["url"] == address
    formatted = flake8("--select", "NAQ", "--format=naq-sarif", ".", cwd=tree).stdout
    assert address in formatted
    (tree / "pyproject.toml").write_text('[tool.flake8-naq]\nrule-url = "https://docs.example.org"\n')
    refused = naq("check", ".", cwd=tree)
    assert refused.returncode == 2
    assert re.search(r"rule-url: expected an address with \{code\} in it", refused.stderr)
