"""The machine formats as formatters of flake8, for all its plugins' findings: `flake8 --format=naq-sarif`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flake8.exceptions import ExecutionError
from flake8.formatting.base import BaseFormatter
from flake8.violation import Violation

if TYPE_CHECKING:
    from flake8_naq.report.record import Record


class _Formatter(BaseFormatter):
    """The base of our formatters. flake8 imports all of them for each run, so each imports its modules on use."""

    def after_init(self) -> None:
        self._records: list[Record] = []

    def start(self) -> None:
        """Open nothing yet: unlike flake8's own formats a report replaces the file, and is written whole."""

    def handle(self, error: Violation) -> None:
        """Keep what flake8 reports; it is written when all of it is there."""
        from flake8_naq.report.record import Record, relative

        self._records.append(
            Record(
                relative(error.filename),
                max(1, error.line_number),
                max(1, error.column_number),
                error.code,
                error.text,
                error.physical_line or "",
                name=_name(error.code),
            )
        )

    def render(self) -> str:
        raise NotImplementedError

    def stop(self) -> None:
        """Write the report."""
        from flake8_naq.run.atomic_write import WriteError, write_text

        text = self.render()
        if self.filename:
            try:
                write_text(self.filename, f"{text}\n" if text else "")
            except WriteError as error:
                raise ExecutionError(str(error)) from error
        if text and (self.options.tee or not self.filename):
            self._write(text)


class GitHub(_Formatter):
    """Annotations of a pull request."""

    def render(self) -> str:
        from flake8_naq.report import github

        return github.render(self._records)


class GitLab(_Formatter):
    """A code quality report."""

    def render(self) -> str:
        from flake8_naq.report import gitlab

        return gitlab.render(self._records)


class JUnit(_Formatter):
    """A test report of JUnit."""

    def render(self) -> str:
        from flake8_naq.report import junit

        return junit.render(self._records)


class Azure(_Formatter):
    """Issues of a run of Azure Pipelines."""

    def render(self) -> str:
        from flake8_naq.report import azure

        return azure.render(self._records)


class RDJson(_Formatter):
    """The diagnostic format of reviewdog."""

    def render(self) -> str:
        from flake8_naq.report import rdjson

        return rdjson.render(self._records, rule_url=_rule_url())


class Sarif(_Formatter):
    """A SARIF 2.1.0 log."""

    def render(self) -> str:
        import flake8

        from flake8_naq.report import sarif

        return sarif.render(self._records, tool="flake8", version=flake8.__version__, rule_url=_rule_url())


def _rule_url() -> str:
    """The address of the rules' pages, which the plugin has read with the settings."""
    from flake8_naq.flake8.plugin import Plugin

    return Plugin.settings.rule_url


def _name(code: str) -> str:
    if not code.startswith("NAQ"):
        return ""
    from flake8_naq.rules import all_rules

    return next((rule.name for rule in all_rules() if rule.code == code), "")
