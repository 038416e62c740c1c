"""All programs of the suite in named chunks, each program drawn, spelled and dressed from the seed of its chunk.

`NAQ_HARMLESS` sets how many programs there are (`make fuzz-fixes` sets 20,000), `NAQ_HARMLESS_SEED` which.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from lint.fixer.truth import repairs, shapes
from lint.fixer.truth.dress import dressed
from lint.fixer.truth.spelling import FILES, NAQ, NATS, Case, Spelling, spelled
from lint.truth.corpus import FAMILIES as GENERAL
from lint.truth.family import Family
from lint.truth.grammar import Body
from lint.truth.sampler import Sampler

COUNT = int(os.environ.get("NAQ_HARMLESS", "300"))
SEED = int(os.environ.get("NAQ_HARMLESS_SEED", "1"))
CHUNK = 75
_TYPICAL = shapes.FAMILIES
_SPELLINGS = (*NAQ, *NATS)


def chunk_names() -> list[str]:
    return [f"{start}" for start in range(0, COUNT, CHUNK)]


def cases(chunk: str) -> Iterator[Case]:
    """The programs of a chunk; half of them are of the migration's own shapes."""
    start = int(chunk)
    random = Random(f"{SEED} {chunk}")
    for number in range(start, min(start + CHUNK, COUNT)):
        plain = undressed(random)
        yield replace(plain, name=f"{chunk}-{number} {plain.name}", source=dressed(plain.source, random))


def undressed(random: Random) -> Case:
    """One program as its spelling gives it."""
    kind = random.random()
    if kind < 0.5:
        family = random.choice(_TYPICAL)
        plain = spelled(_body(random, family), random.choice(_SPELLINGS))
    elif kind < 0.62:
        family = random.choice(repairs.FAMILIES)
        plain = spelled(_body(random, family), _repaired(random, family))
    elif kind < 0.85:
        plain = spelled(_body(random, random.choice(tuple(GENERAL.values()))), _any(random))
    else:
        plain = spelled(Body("composed", Sampler(random.randrange(1 << 30)).composed()), _any(random))
    if plain.table is FILES.table and "async " in plain.source:
        return undressed(random)
    return plain


def _any(random: Random) -> Spelling:
    return FILES if random.random() < 0.25 else random.choice(_SPELLINGS)


def _repaired(random: Random, family: Family) -> Spelling:
    if family in (repairs.NOT_AWAITED, repairs.ERRORS, repairs.CALLS):
        return NATS[0]
    return NAQ[0] if family in (repairs.MANAGERS, repairs.NOT_ENTERED) else random.choice(_SPELLINGS)


def _body(random: Random, family: Family) -> Body:
    """Mostly near the plainest program of the family, as those are what people write, and what a fixer fixes."""
    slots = [slot[0] for slot in family.slots]
    for place in random.sample(range(len(slots)), min(len(slots), random.choice((1, 2, 2, 3, 3, len(slots))))):
        slots[place] = random.choice(family.slots[place])
    return Body(family.name, family.build(*slots), family.decorator)
