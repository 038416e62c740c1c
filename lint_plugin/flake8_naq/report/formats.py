"""The formats of `check`, by name: each is a module that is imported when the format is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flake8_naq.project.settings import Settings
    from flake8_naq.run.check_files import Result

# Lines of text; the other formats are for programs.
_PLAIN = ("text", "concise")
_RECORDS = ("github", "gitlab", "sarif", "junit", "azure", "rdjson")
FORMATS = (*_PLAIN, "grouped", "json", *_RECORDS)
# For these it is planned which fix each finding can have; the fixes themselves are in the last two.
PLANNED = ("json", "sarif", "rdjson")
_FIXED = ("sarif", "rdjson")


def render(results: Sequence[Result], name: str, settings: Settings) -> str:
    """Return the report in a format of `FORMATS`, without a line end after it; empty if there is nothing to say."""
    from flake8_naq.report import text

    if name in _PLAIN:
        return "\n".join(text.plain(results))
    if name == "grouped":
        return "\n".join(text.grouped(results))
    if name == "json":
        from flake8_naq.report import json_format

        return json_format.render(results, settings.rule_url)
    return _of_records(results, name, settings)


def _of_records(results: Sequence[Result], name: str, settings: Settings) -> str:
    from flake8_naq import __version__
    from flake8_naq.report import fix_records, record

    fixes = fix_records.fixes(results, settings) if name in _FIXED else {}
    found, unchecked = record.records(results, fixes), record.unchecked(results)
    more = {"rule_url": settings.rule_url} if name in _FIXED else {}
    if name == "sarif":
        more["version"] = __version__
    rendered: str = import_module(f"flake8_naq.report.{name}").render(found, unchecked, **more)
    return rendered
