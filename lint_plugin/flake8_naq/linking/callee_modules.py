"""What functions of other modules do with their arguments, followed through CALLS modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from flake8_naq.linking.module_texts import ModuleTexts
from flake8_naq.linking.recent import Recent

if TYPE_CHECKING:
    from flake8_naq.catalogue.model import Catalogue, Resource
    from flake8_naq.facts.module import ModuleFacts
    from flake8_naq.prescan.callees import Effect
    from flake8_naq.prescan.exceptions import ExceptionSet
    from flake8_naq.syntax.names import FunctionNode

Resources: TypeAlias = "tuple[Resource, ...]"
ComparedKey: TypeAlias = "tuple[str, Resources, int, int, str, Resource | None, tuple[tuple[str, str], ...]]"
# Analyses a module by its path, the catalogue of the module that calls its functions, and the depth of calls.
AnalyseCallees: TypeAlias = "Callable[[str, Catalogue, int], ModuleFacts | None]"
Answer = TypeVar("Answer")
CALLS: Final = 4
_KEPT_FACTS: Final = 500_000  # bytes of source whose facts are kept; these need far more memory than the source


class ParameterKey(NamedTuple):
    """A parameter of the function that is defined on a line of a module.

    Its values are resources of the `catalogue` of the module that calls the function, or the one `resource`; `depth` is
    how many calls, one inside the other, are followed. `settled` are other parameters, which are constants in the call.
    """

    path: str
    catalogue: Catalogue
    depth: int
    line: int
    parameter: str
    resource: Resource | None = None
    settled: tuple[tuple[str, str], ...] = ()

    @property
    def compared(self) -> ComparedKey:
        """The same with what matters of the catalogue."""
        return self.path, self.catalogue.resources, self.depth, self.line, self.parameter, self.resource, self.settled


class CalleeModules:
    """The modules of called functions, and what their functions do; each is found out once."""

    def __init__(self, texts: ModuleTexts, analyse: AnalyseCallees) -> None:
        self._texts = texts
        self._analyse = analyse
        self._facts: Recent[tuple[str, Resources, int], ModuleFacts | None] = Recent(
            _KEPT_FACTS, lambda facts: len(facts.text) if facts is not None else 0
        )
        self._effects: dict[ComparedKey, Effect] = {}
        self._failing: dict[ComparedKey, bool] = {}
        self._failures: dict[ComparedKey, frozenset[ExceptionSet]] = {}

    def facts(self, path: str, catalogue: Catalogue, depth: int) -> ModuleFacts | None:
        """Return a module for what its functions do with their arguments, None if it cannot be read or parsed.

        The arguments are resources of the `catalogue` of the module that calls the functions. What these call of other
        modules is known up to `depth` calls, one inside the other.
        """
        text = self._texts.text(path)
        key = path, catalogue.resources, depth if text is not None and text.imports else 0
        return self._facts.of(key, lambda: self._analyse(path, catalogue, depth))

    def effect(self, key: ParameterKey) -> Effect:
        """Return what the function does with the value of its parameter."""
        from flake8_naq.prescan.callees import Effect

        return self._answer(
            self._effects,
            key,
            lambda facts, function: facts.analysis.effect_on(function, key.parameter, key.resource, key.settled),
            Effect.KEEPS,
        )

    def fails_on(self, key: ParameterKey) -> bool:
        """Return whether an operation of the resource in the parameter may fail in the function."""
        from flake8_naq.facts.failing import fails_on

        resource = key.resource
        return resource is not None and self._answer(
            self._failing,
            key,
            lambda facts, function: fails_on(facts.analysis.fresh_summaries, function, key.parameter, resource),
            False,
        )

    def failures_on_none(self, key: ParameterKey) -> frozenset[ExceptionSet]:
        """Return what the function raises where its parameter is None, if it has no normal end then."""
        return self._answer(
            self._failures,
            key,
            lambda facts, function: facts.analysis.failures_on_none(function, key.parameter),
            frozenset(),
        )

    def _answer(
        self,
        known: dict[ComparedKey, Answer],
        key: ParameterKey,
        ask: Callable[[ModuleFacts, FunctionNode], Answer],
        unknown: Answer,
    ) -> Answer:
        from flake8_naq.linking.summary import asked_at

        if key.compared not in known:
            facts = self.facts(key.path, key.catalogue, key.depth)
            known[key.compared] = asked_at(facts, key.line, ask, unknown)
        return known[key.compared]
