"""The order in which a worker asks for jobs of different priorities. Pure: knows no server.

Jobs of a higher priority come first. So that they cannot keep the others waiting forever, one of ten jobs is of a lower
priority: a priority that was passed over by nine jobs of higher ones is asked first.
"""

from typing import Final

from naq.option_values import PRIORITIES, Priority

# Of so many jobs that a worker starts, at least one is of each lower priority, if such jobs wait.
EVERY: Final = 10


class Turns:
    """Counts how often each priority was passed over by jobs of higher ones."""

    def __init__(self) -> None:
        self._passed: dict[Priority, int] = dict.fromkeys(PRIORITIES[1:], 0)

    def __repr__(self) -> str:
        return f"<passed over: {self._passed}>"

    def due(self, room: int) -> list[tuple[Priority, int]]:
        """Return which priorities are asked first for `room` jobs, the lowest first, and for how many jobs."""
        asked: list[tuple[Priority, int]] = []
        for level in reversed(PRIORITIES[1:]):
            count = min(room, (self._passed[level] + room) // EVERY)
            if count > 0:
                asked.append((level, count))
                room -= count
        return asked

    def note(self, level: Priority, asked: int, got: int) -> None:
        """Note that `got` jobs came of `asked` ones; with fewer than asked, no job of this priority waits."""
        if level in self._passed:
            # Below 0 when it got several places of a large room in advance.
            self._passed[level] = 0 if got < asked else self._passed[level] - got * (EVERY - 1)
        for lower in PRIORITIES[PRIORITIES.index(level) + 1 :]:
            self._passed[lower] += got
