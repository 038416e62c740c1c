"""From which instructions a function may still come to its end without an exception; states are not asked.

A `finally` that an exception enters ends in that exception: only inside of it every way on counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from flake8_naq.analysis.program import EXIT, Instruction, Op, Program

_RAISING = frozenset({Op.METHOD, Op.RELEASE, Op.TEST, Op.PASS, Op.RAISE, Op.YIELD, Op.DISPATCH})


def may_return(program: Program) -> frozenset[int]:
    """The instructions from which some way leads to the normal end."""
    code = program.instructions
    ends = {i.a: index for index, i in enumerate(code) if i.op is Op.END_FINALLY}
    ways: dict[int, list[int]] = {}
    inside: set[int] = set()
    for i in code:
        if i.op is Op.ENTER_FINALLY and i.a in ends:
            ways.setdefault(ends[i.a], []).append(i.handler if i.b is None else i.b[1])
            if not inside.issuperset((i.next, ends[i.a])):
                inside.update(range(i.next, ends[i.a] + 1))
    return _leading_to_exit(code, {}) | (_leading_to_exit(code, ways) & inside)


def _leading_to_exit(code: list[Instruction], after_finally: dict[int, list[int]]) -> frozenset[int]:
    """The instructions that lead there, where a `finally` goes on *after_finally* by any of these ways."""
    before: dict[int, list[int]] = {}
    for index, instruction in enumerate(code):
        for target in (*_targets(instruction), *after_finally.get(index, ())):
            before.setdefault(target, []).append(index)
    found = {EXIT}
    pending = [EXIT]
    while pending:
        for index in before.get(pending.pop(), ()):
            if index not in found:
                found.add(index)
                pending.append(index)
    return frozenset(found)


def _targets(i: Instruction) -> Iterator[int]:
    yield i.next
    if i.raises or i.cancels or i.op in _RAISING:
        yield i.handler
    if i.op in (Op.TEST, Op.FORK) and i.c is not None:
        yield i.c
    elif i.op is Op.DISPATCH:
        yield from (entry for _, entry, *_ in i.a)
    elif i.op is Op.ENTER_FINALLY:
        yield i.handler if i.b is None else i.b[1]
