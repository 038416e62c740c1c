"""NAQ101 to NAQ104: a connection that is opened by hand becomes the block of its context manager."""

from __future__ import annotations

from flake8_naq.fixer.acquisition_plan import acquisition_plan, releases_of
from flake8_naq.fixer.entered_later import entered_later_plan
from flake8_naq.fixer.handed_on import handed_on_plan
from flake8_naq.fixer.hoist import hoisted_plan
from flake8_naq.fixer.made_before import made_before_plan
from flake8_naq.fixer.model import CannotFix, Plan
from flake8_naq.fixer.own_manager import kept_open_plan
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.rules.lifetime import Acquired


def managed(snapshot: Snapshot, acquired: Acquired | None) -> Plan:
    """The plan for an acquisition, which takes releases of an unbound name (NAQ104) away with it.

    CannotFix with the reason where there is none.
    """
    if acquired is None:
        raise CannotFix("it is opened or kept elsewhere")
    function, verdict = acquired
    factory = verdict.summary.origin.factory
    if factory is not None and factory.held is not None:
        raise CannotFix(f"'{factory.name}' returns it inside a container or an object")
    if verdict.before_handoff:
        return handed_on_plan(snapshot, function, verdict)
    releases = releases_of(snapshot, function, verdict)
    around = (
        kept_open_plan(snapshot, function, verdict)
        or entered_later_plan(snapshot, function, verdict)
        or made_before_plan(snapshot, verdict, releases)
    )
    if around is not None:
        return around
    return hoisted_plan(snapshot, verdict, releases) or acquisition_plan(snapshot, function, verdict)
