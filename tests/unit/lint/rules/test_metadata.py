"""What a rule says of itself is what others use: its default, its severity, its fix."""

from __future__ import annotations

import inspect

import pytest

from flake8_naq.project.codes import all_codes, off_by_default
from flake8_naq.fixer.planner import planner_of, share_fix
from flake8_naq.model import Severity
from flake8_naq.report.record import Record
from flake8_naq.rules import all_rules, rule_of
from flake8_naq.rules.base import Fix, Rule


def test_codes_are_those_of_the_rules() -> None:
    assert tuple(rule.code for rule in all_rules()) == all_codes()
    assert {rule.code for rule in all_rules() if not rule.default} == off_by_default()


def test_a_rule_is_found_by_its_code() -> None:
    assert [rule_of(rule.code) for rule in all_rules()] == list(all_rules())
    assert rule_of("NAQ999") is rule_of("E501") is None


@pytest.mark.parametrize("rule", [rule for rule in all_rules() if rule.fix], ids=lambda rule: rule.code)
def test_the_fix_that_a_rule_names_is_a_function_of_the_fixer(rule: Rule) -> None:
    assert rule.fix is not None
    assert list(inspect.signature(planner_of(rule.fix)).parameters)[0] == "snapshot"


def test_a_name_that_is_no_function_of_the_fixer_is_an_error() -> None:
    assert rule_of("NAQ201") is not None
    for name in ("migration.fix_naq201.nothing", "fixer.nowhere.narrowed"):
        with pytest.raises((AttributeError, ImportError)):
            planner_of(rule_of("NAQ201").fix._replace(planner=name))  # type: ignore[union-attr]
    assert isinstance(rule_of("NAQ201").fix, Fix)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("NAQ101", "NAQ103", True),
        ("NAQ105", "NAQ105", True),
        ("NAQ105", "NAQ106", False),
        ("NAQ101", "NAQ105", False),
        ("NAQ303", "NAQ304", False),
        ("E501", "E501", True),
        ("E501", "NAQ101", False),
    ],
)
def test_codes_that_share_a_fix(one: str, other: str, shared: bool) -> None:
    assert share_fix(one, other) is share_fix(other, one) is shared


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ("NAQ101", Severity.WARNING),
        ("NAQ102", Severity.ERROR),
        ("NAQ302", Severity.WARNING),
        ("NAQ999", Severity.ERROR),
        ("E999", Severity.ERROR),
        ("F821", Severity.ERROR),
        ("E501", Severity.WARNING),
        ("not-checked", Severity.WARNING),
    ],
)
def test_the_level_of_a_record_is_the_severity_of_its_rule(code: str, severity: Severity) -> None:
    assert Record("a.py", 1, 1, code, "", "").level is severity
