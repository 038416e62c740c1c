"""What transfer functions observe of one resource, and the summary of all that was observed.

An observation says what happens on some path. What holds on every path is what was never observed otherwise.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, IntEnum, unique
from typing import NamedTuple

from flake8_naq.cfg.instructions import Origin
from flake8_naq.cfg.values import SlotValue
from flake8_naq.dataflow.state import Status


@unique
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
    UNBOUND_RELEASE = 22  # of a resource that was not acquired; detail: "None" where the name holds None
    HAD_OTHER_WORK = 23
    YIELDED_OPEN = 24
    EXPECTED_TO_FAIL = 25
    TESTED_CLOSED = 26
    KEPT_OPEN = 27  # a block was entered whose end does not close it
    ENDED = 28  # by a use that leaves nothing to close
    PASSED_GONE = 29  # to a callable or, a view, to the caller: what is released already
    VIEW_LEFT = 30  # a view is returned or stored, of what is open
    IN_USE = 31  # a statement of a managed block that stored it, before the block waits


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


class Leak(NamedTuple):
    """A way out of the function on which the resource is still open, and the line that names it.

    `exceptional`: only exceptions leave on this way.
    `lookup`: only a missing attribute or item raises there.
    `operation`: an operation that can fail raises there, a method of the resource or of a view, or something that is
    awaited; or the way leads out of the handler of that. `certain`: some run takes this way, whatever was joined.
    """

    line: int
    departure: Departure
    exceptional: bool
    lookup: bool = False
    operation: bool = False
    certain: bool = True
    behind: tuple[int, Departure] | None = None
    acquisition: ast.Call | None = None
    sites: frozenset[ast.AST] = frozenset()


class Returned(NamedTuple):
    """What the function returns on some path, with the status of the resource; `shared`: a site may have it, too."""

    status: Status
    value: SlotValue
    shared: bool


class AcquisitionSummary(NamedTuple):
    """What is known of the resource of one origin, over all paths.

    `complete`: every path was followed. `precise`: no two paths were joined of which a leak may depend. `observed` has
    the nodes and details of each event, in the order in which they were first observed.
    """

    origin: Origin
    leaks: tuple[Leak, ...]
    returned: frozenset[Returned]
    complete: bool
    precise: bool
    observed: Mapping[Event, Sequence[Observation]]

    def saw(self, *events: Event) -> bool:
        """Return whether any of the events was observed on some path."""
        return not self.observed.keys().isdisjoint(events)

    def nodes(self, event: Event) -> frozenset[ast.AST]:
        """Return the nodes at which the event was observed."""
        return frozenset(one.node for one in self.observed.get(event, ()) if one.node is not None)

    def details(self, event: Event) -> dict[ast.AST, str]:
        """Return the nodes at which the event was observed, each with the detail."""
        found = self.observed.get(event, ())
        return {one.node: one.detail for one in found if one.node is not None and isinstance(one.detail, str)}

    @property
    def outliving(self) -> dict[ast.AST, str]:
        """The nodes by which it outlives its block, each with how: not those that stored it for the block."""
        in_use = self.nodes(Event.IN_USE)
        return {node: how for node, how in self.details(Event.OUTLIVES_BLOCK).items() if node not in in_use}

    def _by_detail(self, event: Event) -> dict[str, frozenset[ast.AST]]:
        found: dict[str, frozenset[ast.AST]] = {}
        for _, node, detail in self.observed.get(event, ()):
            if node is not None and isinstance(detail, str):
                found[detail] = found.get(detail, frozenset()) | {node}
        return found

    @property
    def uses(self) -> dict[str, frozenset[ast.AST]]:
        """The nodes that use the resource or a view of it, by the kind of what they use."""
        return self._by_detail(Event.USED)

    @property
    def views(self) -> dict[str, frozenset[ast.AST]]:
        """The nodes that make a view, by `kind:kind of the view`."""
        return self._by_detail(Event.VIEWED)

    @property
    def acquired(self) -> tuple[ast.Call, ...]:
        """The calls that opened the resource; the first one that was observed comes first."""
        return tuple(one.node for one in self.observed.get(Event.ACQUIRED, ()) if isinstance(one.node, ast.Call))

    @property
    def released(self) -> frozenset[ast.AST]:
        """The nodes at which the resource is released by hand."""
        return self.nodes(Event.RELEASED)

    @property
    def second_releases(self) -> frozenset[ast.AST]:
        """The releases before which the resource is released already on every path."""
        return self.nodes(Event.SECOND_RELEASE) - self.nodes(Event.FIRST_RELEASE)

    @property
    def closed_uses(self) -> frozenset[ast.AST]:
        """The uses before which the resource is released already on every path."""
        return self.nodes(Event.USED_GONE) - self.nodes(Event.USED_LIVE)

    @property
    def closed_passes(self) -> frozenset[ast.AST]:
        """The calls that are given the resource or a view, and before which it is released already on every path."""
        return self.nodes(Event.PASSED_GONE) - self.nodes(Event.USED_LIVE)

    @property
    def kept_elsewhere(self) -> frozenset[ast.AST]:
        """The escape sites after which no path of this function releases the resource."""
        return self.nodes(Event.ESCAPE_SITE) - self.nodes(Event.RETURNED_SITE)


def by_event(observations: Iterable[Observation]) -> dict[Event, list[Observation]]:
    """Return the observations of each event."""
    found: dict[Event, list[Observation]] = {}
    for observation in observations:
        found.setdefault(observation.event, []).append(observation)
    return found
