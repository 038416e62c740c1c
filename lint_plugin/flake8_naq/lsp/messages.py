"""Findings as the protocol has them: diagnostics, and the page of a rule to hover over."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from flake8_naq.lsp.checking import Checked
from flake8_naq.lsp.positions import Positions, touch
from flake8_naq.model import Finding
from flake8_naq.report.record import rule_address
from flake8_naq.rules import all_rules, rule_page

SOURCE = "flake8-naq"


def diagnostic(finding: Finding, positions: Positions, rule_url: str = "") -> types.Diagnostic:
    """Return the warning for a finding, with its exact range and, if that is set, the address of its rule's page."""
    address = rule_address(rule_url, finding.code)
    return types.Diagnostic(
        range=positions.of(finding),
        message=finding.message,
        severity=types.DiagnosticSeverity.Warning,
        code=finding.code,
        code_description=types.CodeDescription(address) if address else None,
        source=SOURCE,
        data={
            "name": finding.name,
            "manager": finding.manager.text if finding.manager else None,
            "fix": finding.fix.safety if finding.fix else None,
        },
    )


def diagnostics(checked: Checked, encoding: str) -> list[types.Diagnostic]:
    """Return all warnings of a text."""
    positions = Positions(checked.lines, encoding)
    return [diagnostic(finding, positions, checked.rule_url) for finding in checked.findings]


def at(checked: Checked, encoding: str, place: types.Range) -> list[Finding]:
    """Return the findings that touch a range, in the order of the text."""
    positions = Positions(checked.lines, encoding)
    return [finding for finding in checked.findings if touch(positions.of(finding), place)]


def hover(checked: Checked, encoding: str, place: types.Position) -> types.Hover | None:
    """Return the messages and pages of the rules with findings at the position."""
    found = at(checked, encoding, types.Range(place, place))
    if not found:
        return None
    text = "\n\n---\n\n".join((*(f"**{f.code}** {f.message}" for f in found), *_pages(f.code for f in found)))
    return types.Hover(
        contents=types.MarkupContent(types.MarkupKind.Markdown, text),
        range=Positions(checked.lines, encoding).of(found[0]),
    )


def _pages(codes: Iterable[str]) -> list[str]:
    wanted = set(codes)
    return [rule_page(rule) for rule in all_rules() if rule.code in wanted]
