"""Findings as SARIF 2.1.0, the format of GitHub's code scanning and of most dashboards."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from typing import Any

from flake8_naq.project.paths import file_address, quoted
from flake8_naq.report.fix_records import Fix
from flake8_naq.report.record import Record, Unchecked, fingerprints, printable, rule_address

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "SRCROOT"


def render(
    found: Iterable[Record],
    unchecked: Iterable[Unchecked] = (),
    tool: str = "flake8-naq",
    version: str = "",
    rule_url: str = "",
) -> str:
    """Return the text of the log: one run, with the page of each rule that it names, and its address if that is set."""
    marked = list(fingerprints(found))
    codes = sorted({record.code for record, _ in marked})
    failed = list(unchecked)
    driver: dict[str, Any] = {"name": tool, "rules": [_rule(code, rule_address(rule_url, code)) for code in codes]}
    if version:
        driver["version"] = version
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The checkout, or the folder of the run."}}},
        "invocations": [_invocation(failed)],
        "results": [_result(record, digest, codes) for record, digest in marked],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(code: str, address: str) -> dict[str, Any]:
    from flake8_naq.rules import rule_of, rule_page  # for a machine format only

    rule = rule_of(code)
    if rule is None:
        return {"id": code, "shortDescription": {"text": code}}
    page, level = rule_page(rule), rule.severity
    return {
        "id": code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": _plain(rule.summary)},
        "fullDescription": {"text": _plain(_section(page, "Why is this bad?"))},
        "help": {"text": page, "markdown": page},
        **({"helpUri": address} if address else {}),
        "defaultConfiguration": {"enabled": rule.default, "level": level},
        "properties": {"tags": ["correctness", "resource-leak"], "problem.severity": level, "precision": "very-high"},
    }


def _section(page: str, heading: str) -> str:
    """Return the text of a section, or the first paragraph of a page without that section."""
    _, mark, rest = page.partition(f"## {heading}\n")
    return rest.partition("\n## ")[0].strip() if mark else page.split("\n\n")[1]


def _plain(markdown: str) -> str:
    return " ".join(markdown.replace("`", "").split())


def _result(record: Record, digest: str, codes: Sequence[str]) -> dict[str, Any]:
    place = {"artifactLocation": _artifact(record.path), "region": region(record)}
    location: dict[str, Any] = {"physicalLocation": place}
    if record.function and not record.function.startswith("<"):
        location["logicalLocations"] = [{"fullyQualifiedName": record.function, "kind": "function"}]
    result = {
        "ruleId": record.code,
        "ruleIndex": codes.index(record.code),
        "level": record.level,
        "message": {"text": record.message},
        "locations": [location],
        "partialFingerprints": {"flake8Naq/v1": digest},
    }
    return result if record.fix is None else {**result, "fixes": [_fix(record.path, record.fix)]}


def _fix(path: str, fix: Fix) -> dict[str, Any]:
    changes = [
        {
            "deletedRegion": {
                "startLine": one.line,
                "startColumn": one.column,
                "endLine": one.end_line,
                "endColumn": one.end_column,
            },
            "insertedContent": {"text": one.text},
        }
        for one in fix.replacements
    ]
    return {
        "description": {"text": fix.description},
        "artifactChanges": [{"artifactLocation": _artifact(path), "replacements": changes}],
    }


def region(record: Record) -> dict[str, int]:
    """Return the region of a finding; only its start if the end is unknown."""
    found = {"startLine": max(1, record.line), "startColumn": max(1, record.column)}
    if record.end_line is not None and record.end_column is not None:
        found |= {"endLine": record.end_line, "endColumn": record.end_column}
    return found


def _artifact(path: str) -> dict[str, str]:
    """Return the address of a file: relative in the current folder, absolute elsewhere."""
    return {"uri": file_address(path)} if os.path.isabs(path) else {"uri": quoted(path), "uriBaseId": _ROOT}


def _place(file: Unchecked) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": _artifact(file.path)}
    return {**place, "region": {"startLine": file.line}} if file.line else place


def _invocation(unchecked: Sequence[Unchecked]) -> dict[str, Any]:
    notes = [
        {
            "level": "error",
            "message": {"text": printable(f"{file.path}: {file.reason}")},
            "locations": [{"physicalLocation": _place(file)}],
        }
        for file in unchecked
    ]
    return {"executionSuccessful": not unchecked, "toolExecutionNotifications": notes}
