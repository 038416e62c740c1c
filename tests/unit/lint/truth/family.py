"""What a family of programs is: slots with alternatives, enumerated by how far they are from the plainest, or drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from random import Random

from lint.truth.grammar import Block, Body


@dataclass(frozen=True, slots=True)
class Family:
    """*build* makes a body from one option of each slot; the first options are the plainest program."""

    name: str
    slots: tuple[tuple[Block, ...], ...]
    build: Callable[..., Block]
    depth: int = 2
    decorator: str = ""

    def systematic(self) -> Iterator[Body]:
        """Every program in which at most `depth` slots are not the plainest, each text once."""
        for number, block in enumerate(self.blocks(self.depth)):
            yield Body(f"{self.name}-{number}", block, self.decorator)

    def blocks(self, depth: int) -> list[Block]:
        """The texts of the programs in which at most *depth* slots are not the plainest; fewer deviations come first."""
        return list(dict.fromkeys(self.build(*options) for options in deviations(self.slots, depth)))

    def drawn(self, random: Random) -> Block:
        """A program with any option in any slot."""
        return self.build(*(random.choice(slot) for slot in self.slots))


def deviations(slots: tuple[tuple[Block, ...], ...], limit: int) -> Iterator[tuple[Block, ...]]:
    """All choices of one option a slot in which at most *limit* are not the first."""
    for size in range(limit + 1):
        for places in combinations(range(len(slots)), size):
            for others in product(*(slots[place][1:] for place in places)):
                chosen = [slot[0] for slot in slots]
                for place, option in zip(places, others, strict=True):
                    chosen[place] = option
                yield tuple(chosen)
