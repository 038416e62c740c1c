"""A result of one analysis of a module: its exports, and its findings if no other module gives it more later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from flake8_naq.facts.other_modules import NO_ANSWERS, Answers
from flake8_naq.linking.exports import Exports

if TYPE_CHECKING:
    from flake8_naq.facts.module import ModuleFacts
    from flake8_naq.model import Finding


class Judged(NamedTuple):
    """What was found in a file, which functions were not followed, and what was asked about other modules for it."""

    findings: tuple[Finding, ...]
    unfollowed: str
    answers: Answers


NOTHING_FOUND: Final = Judged((), "", NO_ANSWERS)


class Early(NamedTuple):
    """What was found in a file with this text, if `given` is all that modules give to it."""

    text: int  # the hash of the text
    given: Mapping[str, Exports]
    judged: Judged


class Analysed(NamedTuple):
    """What a module gives to others, and what is found in it as far as that was asked for."""

    exports: Exports
    early: Early | None = None


Judge: TypeAlias = "Callable[[ModuleFacts], Judged | None]"
Spread: TypeAlias = "Callable[[Sequence[str]], Iterable[Analysed]]"
