"""What the fixer can offer, for reports: tried out, never applied, and never a reason for a report to fail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from flake8_naq.codes import off_by_default
from flake8_naq.model import PlannedFix

if TYPE_CHECKING:
    from flake8_naq.check import Result
    from flake8_naq.fixer import FixResult
    from flake8_naq.model import Finding
    from flake8_naq.settings import Settings

# Trying a fix analyses its file anew: it costs the file's length. A million characters take some seconds.
BUDGET = 1_000_000
FILE_BUDGET = BUDGET // 4


def offer(source: str, settings: Settings, path: str, finding: Finding | None = None) -> FixResult | None:
    """The result of fixing *source*, unsafe fixes included: only *finding*, or all. None where nothing can be offered.

    So it is where ast-grep-py, which only fixing needs, is not installed.
    """
    try:
        from flake8_naq.fixer import fix_source  # heavy, and few runs need it
    except ImportError:
        return None
    wanted = None if finding is None else lambda found, _: [one for one in found if one == finding]
    try:
        return fix_source(source, settings, unsafe=True, path=path, wanted=wanted)
    except Exception:  # a fix is an extra: a mistake in the fixer must not cost the findings their report
        return None


def with_fixes(results: Sequence[Result], settings: Settings) -> list[Result]:
    """The results, each finding with the safety of the fix that it really has; what is too dear to try has none."""
    turned_on = settings._replace(select=off_by_default())
    tried = {id(result) for result in affordable(results)}
    return [_with_fix(result, turned_on) if id(result) in tried else result for result in results]


def affordable(results: Iterable[Result]) -> Iterator[Result]:
    """The results whose fixes can be tried within the budget, the cheap ones first."""
    left = BUDGET
    for result in sorted(results, key=cost):
        left -= cost(result)
        if left < 0:
            return
        yield result


def cost(result: Result) -> int:
    """Characters that are analysed when each of the findings is tried."""
    return sum(map(len, result.lines)) * len(result.findings)


def _with_fix(result: Result, settings: Settings) -> Result:
    fixed = offer("".join(result.lines), settings, result.path) if result.findings else None
    if fixed is None:
        return result
    planned = {one.finding: PlannedFix(one.safety) for one in fixed.applied}
    return result._replace(findings=tuple(one._replace(fix=planned.get(one)) for one in result.findings))
