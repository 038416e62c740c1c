"""The analysis of the modules of a project, for the files that import them; `Modules` keeps its results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from flake8_naq.linking.analysed import Analysed, Early, Judge, Spread
from flake8_naq.linking.exports import NOTHING, Exports
from flake8_naq.linking.locate import module_name
from flake8_naq.linking.module_exports import resources_of
from flake8_naq.linking.modules import Modules
from flake8_naq.project.settings import Settings

if TYPE_CHECKING:
    from flake8_naq.catalogue.model import Catalogue
    from flake8_naq.facts.module import ModuleFacts


def project_modules(
    settings: Settings, judge: Judge | None = None, spread: Spread | None = None, *, keep_facts: bool = False
) -> Modules:
    """Return the modules of a project, of which none is read yet.

    `judge` says what is found in a file of the run that is analysed for the files that import it. `spread` and
    `keep_facts` are those of `Modules`.
    """
    return Modules(settings, ModuleAnalysis(judge), spread, keep_facts=keep_facts)


class ModuleAnalysis(NamedTuple):
    """The analysis of a module for others, and of the findings in it if there is a `judge`."""

    judge: Judge | None = None

    @property
    def judges(self) -> bool:
        """Whether it also says what is found in a file of the run."""
        return self.judge is not None

    def exports_of(
        self, modules: Modules, path: str, source: bytes, inputs: Mapping[str, Exports], rounds: int, judged: bool
    ) -> Analysed:
        """Return what a module gives to others after `rounds` rounds, and what is found in it if that is `judged`."""
        from flake8_naq.linking.catalogues import catalogue_for  # most runs never need these
        from flake8_naq.linking.linked import linked_facts
        from flake8_naq.linking.made_objects import exported_objects
        from flake8_naq.linking.owners import exported_owners
        from flake8_naq.linking.summary import factories_of, library_names_of

        parsed, shown = modules.texts.parsed(path), modules.texts.finder.shown(path)
        if parsed is None:
            return Analysed(NOTHING)
        near = modules.texts.requirements.near(path)
        catalogue = catalogue_for(source, modules.settings, resources_of(inputs), near)
        try:
            facts = linked_facts(
                *(modules, *parsed),
                path=path,
                place=path,
                source=source,
                catalogue=catalogue,
                rounds=rounds,
                recommends_package=modules.settings.recommends_package,
                judges_scripts=modules.settings.scripts,
            )
            found = Exports(
                factories_of(facts, shown),
                exported_owners(facts, shown),
                library_names_of(facts),
                exported_objects(facts, shown),
            )
        except Exception:  # nested too deeply, or a mistake of ours: checking the file itself says that in one line
            return Analysed(NOTHING)
        findings = self.judge(facts) if self.judge is not None and judged else None
        early = None if findings is None else Early(hash(source), dict(inputs), findings)
        return Analysed(found if found.names() else NOTHING, early)

    def callees_of(self, modules: Modules, path: str, catalogue: Catalogue, depth: int) -> ModuleFacts | None:
        """Return a module for what its functions do with their arguments, None if it cannot be read or parsed."""
        from flake8_naq.facts.module import ModuleFacts
        from flake8_naq.linking.view import view

        source, parsed = modules.texts.source(path), modules.texts.parsed(path)
        if source is None or parsed is None:
            return None
        tree, lines = parsed
        try:
            return ModuleFacts(
                tree,
                lines,
                catalogue,
                lambda: module_name(path),
                imported=lambda scopes: view(modules, path, source, scopes, catalogue, 0, depth),
            )
        except RecursionError:
            return None
