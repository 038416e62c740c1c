"""What transfer functions observe of one resource, and the summary of all that was observed.

An observation says what happens on some path. What holds on every path is what was never observed otherwise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from enum import Enum, IntEnum
from typing import Final, NamedTuple

from flake8_naq.cfg.instructions import Origin
from flake8_naq.cfg.values import SlotValue
from flake8_naq.dataflow.state import Status


class Event(IntEnum):
    """What is observed at a node; the comment says what `detail` is."""

    ACQUIRED = 0
    REACQUIRED_IN_LOOP = 1  # on the next turn, and not because of an exception
    SUPERSEDED = 2  # `node` acquired it, and it is still open when the next is; detail: a site that may have it
    RELEASED = 3
    FIRST_RELEASE = 4
    SECOND_RELEASE = 5
    RELEASED_MANAGED = 6  # by hand, inside the block that releases it
    RETURNED_SITE = 7  # a site that it was passed to, and it was released afterwards
    MANAGED = 8
    ENTERED = 9
    HANDED_OFF = 10
    ESCAPE_SITE = 11  # it is passed to a callable that may keep it
    STORED = 12
    CLEANUP_REGISTERED = 13
    OUTLIVES_BLOCK = 14  # detail: how
    USED = 15  # detail: the kind of what is used
    VIEWED = 16  # detail: the kind and the kind of the view
    METHOD_CALLED = 17  # detail: the kind of what has the method
    USED_GONE = 18
    USED_LIVE = 19
    UNAWAITED = 20
    AWAITED_PLAIN = 21
    UNBOUND_RELEASE = 22
    HAD_OTHER_WORK = 23
    YIELDED_OPEN = 24
    EXPECTED_TO_FAIL = 25
    TESTED_CLOSED = 26


class Observation(NamedTuple):
    """One thing that happens to the resource on some path."""

    event: Event
    node: ast.AST | None = None
    detail: str | ast.AST | None = None


class Departure(Enum):
    """How control leaves the straight line, or how the last name of a resource is lost."""

    RAISES = "raises"
    CANCELLED = "is cancelled"
    YIELDS = "yields"
    RETURNS = "returns"
    BREAKS = "breaks"
    CONTINUES = "continues"
    REBOUND = "is rebound"
    DROPPED = "is dropped"


class Leak(NamedTuple):
    """A way out of the function on which the resource is still open, and the line that names it.

    `exceptional`: only exceptions leave on this way. `lookup`: only a missing attribute or item raises there.
    """

    line: int
    departure: Departure
    exceptional: bool
    sites: frozenset[ast.AST]
    acquisition: ast.Call | None
    lookup: bool = False


class Returned(NamedTuple):
    """What the function returns on some path, with the status of the resource; `shared`: a site may have it, too."""

    status: Status
    value: SlotValue
    shared: bool


class AcquisitionSummary(NamedTuple):
    """What is known of the resource of one origin, over all paths.

    `complete`: every path was followed. `precise`: no two paths were joined of which a leak may depend.
    """

    origin: Origin
    leaks: tuple[Leak, ...]
    returned: frozenset[Returned]
    complete: bool
    precise: bool
    acquired: tuple[ast.Call, ...]
    released: frozenset[ast.AST]
    second_releases: frozenset[ast.AST]  # on every path there it is released already
    released_managed: frozenset[ast.AST]
    managed: bool
    entered: bool
    handed_off: bool
    escape_sites: frozenset[ast.AST]
    returned_sites: frozenset[ast.AST]  # escape sites after which this function still released it
    stored: frozenset[ast.AST]
    cleanup_registered: bool
    outlives_block: Mapping[ast.AST, str]
    uses: Mapping[str, frozenset[ast.AST]]
    views: Mapping[str, frozenset[ast.AST]]
    method_kinds: Mapping[ast.AST, str]
    closed_uses: frozenset[ast.AST]  # on every path there it is released already
    unawaited: frozenset[ast.AST]
    awaited_plain: frozenset[ast.AST]
    unbound_releases: frozenset[ast.AST]
    reacquired_in_loop: bool
    had_other_work: bool
    yields_open: bool
    expected_to_fail: frozenset[ast.AST]
    tested_closed: bool

    @property
    def kept_elsewhere(self) -> frozenset[ast.AST]:
        """The escape sites after which no path of this function releases the resource."""
        return self.escape_sites - self.returned_sites


def summarise(
    origin: Origin,
    observations: Iterable[Observation],
    leaks: Iterable[Leak] = (),
    returned: Iterable[Returned] = (),
    *,
    complete: bool = True,
    precise: bool = True,
) -> AcquisitionSummary:
    """Return the summary of what was observed; the first observation of an acquisition comes first."""
    seen = _Seen(observations)
    return AcquisitionSummary(
        origin=origin,
        leaks=tuple(leaks),
        returned=frozenset(returned),
        complete=complete,
        precise=precise,
        acquired=seen.calls(Event.ACQUIRED),
        released=seen.nodes(Event.RELEASED),
        second_releases=seen.nodes(Event.SECOND_RELEASE) - seen.nodes(Event.FIRST_RELEASE),
        released_managed=seen.nodes(Event.RELEASED_MANAGED),
        managed=Event.MANAGED in seen.by_event,
        entered=Event.ENTERED in seen.by_event,
        handed_off=Event.HANDED_OFF in seen.by_event,
        escape_sites=seen.nodes(Event.ESCAPE_SITE),
        returned_sites=seen.nodes(Event.RETURNED_SITE),
        stored=seen.nodes(Event.STORED),
        cleanup_registered=Event.CLEANUP_REGISTERED in seen.by_event,
        outlives_block=seen.details(Event.OUTLIVES_BLOCK),
        uses=seen.by_detail(Event.USED),
        views=seen.by_detail(Event.VIEWED),
        method_kinds=seen.details(Event.METHOD_CALLED),
        closed_uses=seen.nodes(Event.USED_GONE) - seen.nodes(Event.USED_LIVE),
        unawaited=seen.nodes(Event.UNAWAITED),
        awaited_plain=seen.nodes(Event.AWAITED_PLAIN),
        unbound_releases=seen.nodes(Event.UNBOUND_RELEASE),
        reacquired_in_loop=Event.REACQUIRED_IN_LOOP in seen.by_event,
        had_other_work=Event.HAD_OTHER_WORK in seen.by_event,
        yields_open=Event.YIELDED_OPEN in seen.by_event,
        expected_to_fail=seen.nodes(Event.EXPECTED_TO_FAIL),
        tested_closed=Event.TESTED_CLOSED in seen.by_event,
    )


_NOTHING: Final[frozenset[ast.AST]] = frozenset()


class _Seen:
    """The observations by their event."""

    def __init__(self, observations: Iterable[Observation]) -> None:
        self.by_event: dict[Event, list[tuple[ast.AST, str | ast.AST | None]]] = {}
        for event, node, detail in observations:
            seen = self.by_event.setdefault(event, [])
            if node is not None:
                seen.append((node, detail))

    def nodes(self, event: Event) -> frozenset[ast.AST]:
        found = self.by_event.get(event)
        return frozenset(node for node, _ in found) if found is not None else _NOTHING

    def calls(self, event: Event) -> tuple[ast.Call, ...]:
        """Return the calls that the event was observed at, in order."""
        return tuple(node for node, _ in self.by_event.get(event, ()) if isinstance(node, ast.Call))

    def details(self, event: Event) -> dict[ast.AST, str]:
        return {node: text for node, text in self.by_event.get(event, ()) if isinstance(text, str)}

    def by_detail(self, event: Event) -> dict[str, frozenset[ast.AST]]:
        found: dict[str, set[ast.AST]] = {}
        for node, text in self.by_event.get(event, ()):
            if isinstance(text, str):
                found.setdefault(text, set()).add(node)
        return {text: frozenset(nodes) for text, nodes in found.items()}
