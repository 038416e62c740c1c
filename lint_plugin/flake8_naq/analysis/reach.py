"""From which instructions a function may still come to its end without an exception; states are not asked.

A `finally` that an exception enters ends in that exception: only inside of it every way on counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from flake8_naq.analysis.program import EXIT, Instruction, Op, Program

_RAISING = frozenset({Op.METHOD, Op.RELEASE, Op.TEST, Op.PASS, Op.RAISE, Op.YIELD, Op.DISPATCH})


def may_return(program: Program) -> frozenset[int]:
    """The instructions from which some way leads to the normal end."""
    code = program.instructions
    bodies = _bodies(code)
    passed: set[int] = set()
    for slot in sorted(bodies, key=lambda one: bodies[one].stop):  # inner ones first
        body = bodies[slot]
        if body.start in _leading_to(body.stop - 1, code, body, passed, {}):
            passed.add(slot)
    every = range(len(code))
    ways: dict[int, list[int]] = {}
    for i in code:
        if i.op is Op.ENTER_FINALLY and i.a in passed:
            ways.setdefault(bodies[i.a].stop - 1, []).append(_completion(i))
    inside = {index for slot in passed for index in bodies[slot]}
    return _leading_to(EXIT, code, every, passed, {}) | (_leading_to(EXIT, code, every, passed, ways) & inside)


def _bodies(code: list[Instruction]) -> dict[int, range]:
    """The instructions of each `finally`, known by its slot; its end is the last of them."""
    starts = {i.a: i.next for i in code if i.op is Op.ENTER_FINALLY}
    return {i.a: range(starts[i.a], end + 1) for end, i in enumerate(code) if i.op is Op.END_FINALLY and i.a in starts}


def _leading_to(
    goal: int, code: list[Instruction], span: range, passed: Set[int], after_finally: Mapping[int, list[int]]
) -> frozenset[int]:
    """The instructions of *span* that lead there; those of a `finally` go on *after_finally* by any of these ways."""
    before: dict[int, list[int]] = {}
    for index in span:
        for target in (*_targets(code[index], passed), *after_finally.get(index, ())):
            before.setdefault(target, []).append(index)
    found = {goal}
    pending = [goal]
    while pending:
        for index in before.get(pending.pop(), ()):
            if index not in found:
                found.add(index)
                pending.append(index)
    return frozenset(found)


def _targets(i: Instruction, passed: Set[int]) -> Iterator[int]:
    yield i.next
    if i.raises or i.cancels or i.op in _RAISING:
        yield i.handler
    if i.op in (Op.TEST, Op.FORK, Op.TURN) and i.c is not None:
        yield i.c
    elif i.op is Op.DISPATCH:
        yield from (entry for _, entry, *_ in i.a)
    elif i.op is Op.ENTER_FINALLY and i.a in passed:  # others end in what they do themselves
        yield _completion(i)


def _completion(i: Instruction) -> int:
    """Where it goes on after the `finally` that it enters."""
    return int(i.handler if i.b is None else i.b[1])
