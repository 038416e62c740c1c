"""Findings as JUnit XML, which most CI servers show as tests: a suite for each file, a failed test for each finding."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from xml.etree import ElementTree

from flake8_naq.report.record import Record, Unchecked, printable

_TOOL = "flake8-naq"


def render(found: Iterable[Record], unchecked: Iterable[Unchecked] = ()) -> str:
    """Return the document; a run without findings is one test that passes."""
    root = ElementTree.Element("testsuites", name=_TOOL)
    for path, records in groupby(found, key=lambda record: record.path):
        suite = _suite(root, path)
        for record in records:
            place = f"line {record.line}, column {record.column}"
            _case(suite, f"{record.code} {record.name}".strip(), record.path, record.line, record.column)
            _fail(suite, "failure", record.message, f"{place}: {record.code} {record.message}")
    for file in unchecked:
        suite = _suite(root, file.path)
        _case(suite, "not checked", file.path, file.line or 1, 1)
        _fail(suite, "error", file.reason, file.reason)
    if not len(root):
        _case(_suite(root, _TOOL), "no findings", _TOOL, 0, 0)
    for suite in root:
        for kind in ("failure", "error"):
            suite.set(f"{kind}s", str(len(suite.findall(f"*/{kind}"))))
        suite.set("tests", str(len(suite)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _suite(root: ElementTree.Element, path: str) -> ElementTree.Element:
    return ElementTree.SubElement(root, "testsuite", name=_valid(path))


def _case(suite: ElementTree.Element, name: str, path: str, line: int, column: int) -> None:
    place = {"file": _valid(path), "line": str(line), "column": str(column)} if line else {}
    ElementTree.SubElement(suite, "testcase", {"name": _valid(name), "classname": _valid(path), **place})


def _fail(suite: ElementTree.Element, kind: str, message: str, text: str) -> None:
    ElementTree.SubElement(suite[-1], kind, message=_valid(message)).text = _valid(text)


def _valid(text: str) -> str:
    """Return the text without the control characters that XML cannot have."""
    return "".join(one if one >= " " or one in "\t\n\r" else "\ufffd" for one in printable(text))
