"""lint(source) -> findings: the one place where catalogue, syntax, analysis and rules are put together. Pure."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Callable

from flake8_naq.facts.module import ModuleFacts, OwnerFacts
from flake8_naq.linking.catalogues import catalogue_for
from flake8_naq.linking.linked import linked_facts
from flake8_naq.linking.locate import NO_FILE
from flake8_naq.linking.module_analysis import project_modules
from flake8_naq.linking.module_exports import ROUNDS
from flake8_naq.linking.modules import Modules
from flake8_naq.linking.owners import owner_facts
from flake8_naq.model import Finding, named_line
from flake8_naq.prescan.callees import NothingImported
from flake8_naq.project.settings import Settings
from flake8_naq.rules import enabled_rules
from flake8_naq.rules.base import Reported

_DEFAULT = Settings()


def lint(source: str, path: str = "-", settings: Settings = _DEFAULT, modules: Modules | None = None) -> list[Finding]:
    """All findings in `source`, sorted by place; `# noqa` is not looked at. SyntaxError where it does not parse.

    `modules` finds and summarises the modules that the file at `path` imports; None reads them for this file alone.
    """
    modules = modules or project_modules(settings)
    text = source.encode("utf-8", "surrogatepass")
    if not modules.matters(text, path):
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in the checked code are for other linters to report
        tree = ast.parse(source, path)
    facts = module_facts(tree, source.splitlines(), path, settings, modules, source=text)
    return lint_facts(facts, settings)


def module_facts(
    tree: ast.Module,
    lines: list[str],
    path: str,
    settings: Settings = _DEFAULT,
    modules: Modules | None = None,
    named_line: Callable[[int], str] = named_line,
    source: bytes | None = None,
) -> ModuleFacts:
    """Return the facts of a module, on which rules and inventory are based; `lines` are the source's.

    `named_line` returns a line as messages name it. `source` is the text in UTF-8, where a caller has it.
    """
    found, place = modules or project_modules(settings), os.path.abspath(path)
    if source is None:  # lines come with their ends or without
        source = "\n".join(line.rstrip("\r\n") for line in lines).encode("utf-8", "surrogatepass")
    near = found.texts.requirements.near(path)
    catalogue = catalogue_for(source, settings, found.exports.made_for(source, path), near)
    if path in NO_FILE:
        return ModuleFacts(
            *(tree, lines, catalogue, lambda: ("", ""), settings.recommends_package),
            owners=_owners_of_a_text,
            named_line=named_line,
            judges_scripts=settings.scripts,
        )
    return linked_facts(
        *(found, tree, lines),
        path=path,
        place=place,
        source=source,
        catalogue=catalogue,
        rounds=ROUNDS,
        recommends_package=settings.recommends_package,
        judges_scripts=settings.scripts,
        named_line=named_line,
    )


def _owners_of_a_text(facts: ModuleFacts) -> OwnerFacts | None:
    """Return what becomes of the objects of owner classes in a text that is in no file."""
    return owner_facts(facts, lambda scopes, catalogue, made: NothingImported())


def lint_facts(facts: ModuleFacts, settings: Settings = _DEFAULT) -> list[Finding]:
    """All findings that follow from the facts, sorted by place."""
    return [one.finding for one in shown(facts, settings)]


def shown(facts: ModuleFacts, settings: Settings = _DEFAULT) -> list[Reported]:
    """The same with the reports that the findings were made of."""
    return [one for one in reported(facts, settings) if not one.report.hidden]


def reported(facts: ModuleFacts, settings: Settings = _DEFAULT) -> list[Reported]:
    """The findings with the reports that they were made of, sorted by place; those that another one hides included.

    Of findings that read the same, the first is kept.
    """
    found: dict[tuple[object, ...], Reported] = {}
    for rule in enabled_rules(settings.select):
        for one in rule.reported(facts):
            found.setdefault((*_read(one.finding), one.report.hidden), one)
    return sorted(found.values(), key=lambda one: _read(one.finding))


def _read(finding: Finding) -> tuple[int, int, str, str, int, int]:
    """What a reader sees of a finding."""
    return finding.line, finding.column, finding.code, finding.message, finding.end_line, finding.end_column
