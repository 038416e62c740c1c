"""The values of the fixer: what was planned for a finding, and what became of it. No syntax here."""

from __future__ import annotations

from dataclasses import dataclass, field

from flake8_naq.edits.model import CannotFix, Edit, Need
from flake8_naq.model import Finding, FixSafety


@dataclass(frozen=True, slots=True)
class Plan:
    """The edits that fix one finding; `caveats` name what they change besides the close."""

    edits: tuple[Edit, ...]
    needs: frozenset[Need] = frozenset()
    caveats: tuple[str, ...] = ()

    @property
    def safety(self) -> FixSafety:
        return FixSafety.UNSAFE if self.caveats else FixSafety.SAFE


@dataclass(frozen=True, slots=True)
class Applied:
    """A finding that is gone, with its place in the text before."""

    finding: Finding
    safety: FixSafety


@dataclass(frozen=True, slots=True)
class Unfixed:
    """A finding that stays, with its place in the text before, and why.

    `caveat` says what an unsafe fix may change besides the close, where only an unsafe fix takes the finding. `reason`
    names lines of the text after, `reason_before` those of the text before.
    """

    finding: Finding
    reason: str
    caveat: str = ""
    now: Finding | None = None  # the same in the text after
    reason_before: str = ""


@dataclass(frozen=True, slots=True)
class FixResult:
    """The text after all fixes, the findings that they removed, and those that are left with the reason.

    `unfollowed` names, on one line, the functions that are too long or too deep to be analysed in full.
    """

    source: str
    applied: tuple[Applied, ...] = field(default=())
    unfixed: tuple[Unfixed, ...] = field(default=())
    unfollowed: str = ""


class UnsafeOnly(CannotFix):
    """A finding that only an unsafe fix takes; `caveat` says what that may change besides the close."""

    def __init__(self, caveat: str) -> None:
        super().__init__(f"only with --unsafe-fixes: {caveat}")
        self.caveat = caveat


def moved_comment_caveat(comment: str) -> str:
    """Return the caveat for a comment that stays while its statement disappears or moves."""
    return f"the comment '{comment}' would move away from its statement"
