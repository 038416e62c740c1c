"""All programs of the suite in named chunks: each family, and the drawn ones a hundred at a time.

`NAQ_TRUTH_DRAWN` and `NAQ_TRUTH_SEED` set how many are drawn, and which. Where neither is set, a family gives each
program that differs from its plainest in one slot, and a third of those that differ in two; else it gives all.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice

from lint.truth import flow, owner
from lint.truth.grammar import ASYNCHRONOUS, FILE, Body, Program, rendered
from lint.truth.sampler import Sampler

FAMILIES = {family.name: family for family in (*flow.FAMILIES, *owner.FAMILIES)}
_USUAL = (300, 1)
DRAWN = int(os.environ.get("NAQ_TRUTH_DRAWN", _USUAL[0]))
SEED = int(os.environ.get("NAQ_TRUTH_SEED", _USUAL[1]))
IS_USUAL = (DRAWN, SEED) == _USUAL
_CHUNK = 100
_PARTS = {"try": 4}  # the largest family, whose parts can run side by side
_PART = " part "
_EVERY = 3  # no divisor of the number of dialects, so that all of them take part


def chunk_names() -> list[str]:
    whole = [name for name in FAMILIES if name not in _PARTS]
    parts = [f"{name}{_PART}{part}" for name, count in _PARTS.items() for part in range(count)]
    return [*parts, *whole, *(f"drawn-{start}" for start in range(0, DRAWN, _CHUNK))]


def programs(chunk: str) -> Iterator[Program]:
    """Each body in one asynchronous dialect after the other, and each with a file as well."""
    name, _, part = chunk.partition(_PART)
    numbered = _usual(name) if IS_USUAL and name in FAMILIES else enumerate(bodies(name))
    for number, body in islice(numbered, int(part), None, _PARTS[name]) if part else numbered:
        yield rendered(body, ASYNCHRONOUS[number % len(ASYNCHRONOUS)])
        if not any("async " in line for line in body.lines):
            yield rendered(body, FILE)


def _usual(name: str) -> Iterator[tuple[int, Body]]:
    """The bodies of a family that the usual suite takes, each with its number among all."""
    single = len(FAMILIES[name].blocks(1))
    return ((number, body) for number, body in enumerate(bodies(name)) if number < single or number % _EVERY == 0)


def bodies(chunk: str) -> Iterable[Body]:
    if chunk in FAMILIES:
        return FAMILIES[chunk].systematic()
    start = int(chunk.removeprefix("drawn-"))
    return Sampler(SEED * 1_000_003 + start).bodies(min(_CHUNK, DRAWN - start), tuple(FAMILIES.values()))
