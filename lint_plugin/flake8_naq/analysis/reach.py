"""From which instructions a function may still come to its end without an exception; states are not asked."""

from __future__ import annotations

from collections.abc import Iterator

from flake8_naq.analysis.program import EXIT, Instruction, Op, Program

_RAISING = frozenset({Op.METHOD, Op.RELEASE, Op.TEST, Op.PASS, Op.RAISE, Op.YIELD, Op.DISPATCH})


def may_return(program: Program) -> frozenset[int]:
    """The instructions from which some way leads to the normal end."""
    before: dict[int, list[int]] = {}
    after_finally = _after_finally(program)
    for index, instruction in enumerate(program.instructions):
        for target in _targets(instruction, after_finally):
            before.setdefault(target, []).append(index)
    found = {EXIT}
    pending = [EXIT]
    while pending:
        for index in before.get(pending.pop(), ()):
            if index not in found:
                found.add(index)
                pending.append(index)
    return frozenset(found)


def _after_finally(program: Program) -> dict[int, list[int]]:
    """How each `finally`, known by its slot, may go on when it has ended."""
    found: dict[int, list[int]] = {}
    for instruction in program.instructions:
        if instruction.op is Op.ENTER_FINALLY and instruction.b is not None:
            found.setdefault(instruction.a, []).append(instruction.b[1])
    return found


def _targets(i: Instruction, after_finally: dict[int, list[int]]) -> Iterator[int]:
    yield i.next
    if i.raises or i.cancels or i.op in _RAISING:
        yield i.handler
    if i.op in (Op.TEST, Op.FORK) and i.c is not None:
        yield i.c
    elif i.op is Op.DISPATCH:
        yield from (entry for _, entry, *_ in i.a)
    elif i.op is Op.END_FINALLY:
        yield i.handler
        yield from after_finally.get(i.a, ())
