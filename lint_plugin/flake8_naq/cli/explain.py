"""`flake8-naq explain CODE`: print the page of a rule."""

from __future__ import annotations

import argparse

from flake8_naq.cli.outcome import CLEAN, UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", nargs="?", metavar="CODE", help="a rule's code or name (default: list the rules)")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    if parsed.code is None:
        from flake8_naq.cli.rules import table

        print("\n".join(table()))
        return CLEAN
    from flake8_naq.project.codes import unknown
    from flake8_naq.rules import all_rules, rule_page

    rules = {rule.code: rule for rule in all_rules()}
    names = {rule.name: rule for rule in rules.values()}
    rule = rules.get(parsed.code.upper()) or names.get(parsed.code.lower())
    if rule is None:
        raise UsageError(unknown(parsed.code, names))
    print(rule_page(rule), end="")
    return CLEAN
