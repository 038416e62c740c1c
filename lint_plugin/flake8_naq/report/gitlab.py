"""Findings as a GitLab code quality report: a JSON array, in which a fingerprint tells old findings from new."""

from __future__ import annotations

import json
from collections.abc import Iterable

from flake8_naq.report.record import Record, Unchecked, fingerprints, printable

_SEVERITY = {"error": "major", "warning": "minor"}


def render(found: Iterable[Record], unchecked: Iterable[Unchecked] = ()) -> str:
    """Return the text of the report; a file that could not be checked is a finding too."""
    failed = [Record(file.path, file.line or 1, 1, "not-checked", file.reason, "") for file in unchecked]
    issues = [
        {
            "description": f"{record.code} {record.message}",
            "check_name": f"{record.code} {record.name}".strip(),
            "fingerprint": fingerprint,
            "severity": "blocker" if record.code == "not-checked" else _SEVERITY[record.level],
            "location": {
                "path": printable(record.path),
                "lines": {"begin": record.line, "end": record.end_line or record.line},
            },
        }
        for record, fingerprint in fingerprints([*found, *failed])
    ]
    return json.dumps(issues, indent=2, ensure_ascii=False)
