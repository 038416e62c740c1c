"""A tape of choices and the depth-first walk over all tapes. Knows nothing of programs, connections or exceptions."""

from __future__ import annotations

from collections.abc import Iterator


class Tape:
    """Answers `choose` from its choices; past their end it takes the first alternative and writes it down."""

    __slots__ = ("_at", "choices", "widths")

    def __init__(self, choices: tuple[int, ...] = ()) -> None:
        self.choices = list(choices)
        self.widths = [0] * len(choices)
        self._at = 0

    def choose(self, width: int) -> int:
        """One of `range(width)`."""
        at = self._at
        self._at = at + 1
        if at == len(self.choices):
            self.choices.append(0)
            self.widths.append(width)
            return 0
        known = self.widths[at]
        assert known in (0, width), "a program under test must be deterministic"
        self.widths[at] = width
        return self.choices[at]

    def rewind(self) -> None:
        """Back to the start, with the same choices."""
        self._at = 0

    def advance(self) -> bool:
        """On to the next tape in depth-first order; False after the last one."""
        while self.choices and self.choices[-1] + 1 >= self.widths[-1]:
            self.choices.pop()
            self.widths.pop()
        if not self.choices:
            return False
        self.choices[-1] += 1
        self._at = 0
        return True


def all_tapes(limit: int) -> Iterator[Tape]:
    """Every tape of a program that chooses between two yields of this generator; at most *limit* of them."""
    tape = Tape()
    for _ in range(limit):
        yield tape
        if not tape.advance():
            return
