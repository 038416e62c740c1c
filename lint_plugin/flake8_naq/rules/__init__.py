"""The rules: one module each, found by its name. Adding a rule is adding its module."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from flake8_naq.model import FixSafety
from flake8_naq.rules.base import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, by code."""
    stems = sorted(path.stem for path in Path(__file__).parent.glob("naq[0-9][0-9][0-9].py"))
    return tuple(importlib.import_module(f"{__name__}.{stem}").RULE for stem in stems)


@cache
def enabled_rules(select: frozenset[str]) -> tuple[Rule, ...]:
    """The rules that are on: all but those that are off by default and not in *select*."""
    return tuple(rule for rule in all_rules() if rule.default or any(map(rule.code.startswith, _long(select))))


@cache
def rule_of(code: str) -> Rule | None:
    """The rule with that code; None for a code of another plugin."""
    return next((rule for rule in all_rules() if rule.code == code), None)


def _long(select: Iterable[str]) -> list[str]:
    """Codes that name one rule: a prefix such as NAQ selects the defaults only."""
    return [code for code in select if len(code) == len("NAQ000")]


def rule_page(rule: Rule) -> str:
    """The rule's page in Markdown, from its module's docstring."""
    module = importlib.import_module(rule.check.__module__)
    body = (module.__doc__ or "").strip()
    _, _, rest = body.partition("\n\n")
    state = "On by default." if rule.default else f"Off by default; `--extend-select {rule.code}` turns it on."
    return f"# {rule.code} {rule.name}\n\n{rule.summary}\n\n{state} {_fix(rule)}\n\n{rest.strip()}\n"


def _fix(rule: Rule) -> str:
    if rule.fix is None:
        return "No fix."
    return "Has a fix." if rule.fix.safety is FixSafety.SAFE else "Has an unsafe fix."
