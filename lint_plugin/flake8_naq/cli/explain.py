"""`flake8-naq explain CODE`: print the page of a rule. With `--why FILE:LINE`, say why there is a finding, or none."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from flake8_naq.cli.outcome import CLEAN, UsageError
from flake8_naq.run.places import NOTEBOOK

if TYPE_CHECKING:
    from flake8_naq.facts.module import ModuleFacts


def arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("code", nargs="?", metavar="CODE", help="a rule's code or name (default: list the rules)")
    what.add_argument(
        "--why",
        metavar="FILE:LINE",
        help="say what the findings on a line follow from: where the resource is acquired, what each function that is "
        "given it was taken to do, and where it leaks; or, of a line that opens something without a finding, why there "
        "is none",
    )
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    if parsed.why is not None:
        return _why(parsed.why)
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


def _why(place: str) -> int:
    """Print what the findings on the line follow from, or why there is none."""
    path, _, number = place.rpartition(":")
    if not path or not number.isdecimal():
        raise UsageError(f"--why: expected a file and a line such as app/main.py:12, got '{place}'")
    if path.endswith(NOTEBOOK):
        raise UsageError(f"--why: {path}: notebooks are not supported here; `check` names cell and line")
    from flake8_naq.engine import module_facts, shown
    from flake8_naq.project.codes import off_by_default
    from flake8_naq.project.settings import read_settings
    from flake8_naq.report.why import way
    from flake8_naq.run.run_modules import modules_of
    from flake8_naq.syntax.source import SourceError, parse

    settings = read_settings(Path.cwd())._replace(select=off_by_default())
    try:
        source = Path(path).read_bytes()
        tree, lines = parse(source, path)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}") from error
    except SourceError as error:
        raise UsageError(f"{path}: {error}") from error
    modules = modules_of(settings)
    if not modules.matters(source, path):  # as in `check`, it has no finding then
        raise UsageError(f"{place}: no finding starts on this line, and the file reaches no resource that is known")
    facts = module_facts(tree, lines, path, settings, modules)
    found = [one for one in shown(facts, settings) if one.finding.line == int(number)]
    if not found:
        return _silent(place, facts, int(number))
    for one in found:
        finding, *steps = way(one, facts)
        print(f"{path}:{finding}", *steps, sep="\n")
    return CLEAN


def _silent(place: str, facts: ModuleFacts, line: int) -> int:
    """Print what becomes of what the line opens, where nothing is reported of it."""
    from flake8_naq.report.silence import silence

    why = silence(facts, line)
    if not why:
        raise UsageError(f"{place}: no finding starts on this line, and nothing on it is known to open a resource")
    print(f"{place}: no finding starts on this line", *why, sep="\n")
    return CLEAN
