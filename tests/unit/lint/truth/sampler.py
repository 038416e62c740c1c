"""The deeper part: programs drawn at random, from a seed, out of nested statements or of a family's slots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from lint.truth.family import Family
from lint.truth.grammar import Block, Body, attempt, compound, indent, when

_TESTS = ("own", "flag", "ready()", "CHECK", "nc", "nc is not None", "not own", "own and flag", "nc is None")
_HEADS = ("", "Exception", "BaseException", "CANCELLED", "ValueError", "(ValueError, CANCELLED)")
_LOOPS = ("for item in items", "while ready()", "while True", "for item in range(3)")
_SIMPLE: tuple[tuple[int, str], ...] = (
    (10, "WORK"),
    (4, "step()"),
    (5, "USE(nc)"),
    (9, "CLOSE(nc)"),
    (3, "nc = OPEN"),
    (1, "nc = AWAIT made()"),
    (1, "nc = AWAIT made_or_none()"),
    (1, "nc, other = AWAIT made_pair()"),
    (1, "c = nc"),
    (1, "CLOSE(c) if c else None"),
    (1, "AWAIT shut(nc)"),
    (1, "AWAIT peek(nc)"),
    (1, "log.info('x')"),
    (1, "x = job.data"),
)
_LAST: tuple[tuple[int, str], ...] = ((5, "return"), (2, "raise ValueError"), (2, "return nc"))
_GIVE = ("keep(nc)", "PASS(nc)", "self.nc = nc", "shelf['a'] = nc", "keep(nc.close)")


class Sampler:
    """Draws bodies; the same seed gives the same ones."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def bodies(self, count: int, families: tuple[Family, ...]) -> Iterator[Body]:
        """Half of them composed, half drawn from the slots of a family."""
        for number in range(count):
            if number % 2:
                family = self.random.choice(families)
                yield Body(f"drawn-{family.name}-{number}", family.drawn(self.random), family.decorator)
            else:
                yield Body(f"composed-{number}", self.composed())

    def composed(self) -> Block:
        """An acquisition, guarded or not, and two or three levels of statements after it."""
        start = self.random.choice((("nc = OPEN",), ("nc = None",), ("nc = None", "if own:", "    nc = OPEN")))
        while True:
            lines = (*start, *self.block(3, in_loop=False, size=3))
            text = "\n".join(lines)
            if (
                "OPEN" in text
                and len(lines) <= 30
                and ("CLOSE" in text or "shut" in text or self.random.random() < 0.2)
            ):
                return _bound(lines)

    def block(self, depth: int, in_loop: bool, size: int) -> Block:
        lines: Block = ()
        for _ in range(self.random.randint(1, size)):
            lines += self.statement(depth, in_loop)
        if self.random.random() < 0.12:
            lines += (self.weighted(((4, "break"), (3, "continue"), *_LAST) if in_loop else _LAST),)
        return lines

    def statement(self, depth: int, in_loop: bool) -> Block:
        forms: list[Callable[[int, bool], Block]] = [self.simple, self.simple]
        if depth > 0:
            forms += [self.attempt, self.attempt, self.attempt, self.branch, self.loop, self.managed]
        return self.random.choice(forms)(depth - 1, in_loop)

    def simple(self, _depth: int, _in_loop: bool) -> Block:
        if self.random.random() < 0.03:
            return (self.random.choice(_GIVE),)
        return (self.weighted(_SIMPLE),)

    def attempt(self, depth: int, in_loop: bool) -> Block:
        body = self.block(depth, in_loop, 3)
        heads = self.random.sample(_HEADS, self.random.choice((0, 0, 1, 1, 2)))
        heads.sort(key=lambda head: head == "")  # the bare one must be the last
        handlers = [(head, self.handler(depth, in_loop)) for head in heads]
        orelse = self.block(depth - 1, in_loop, 2) if handlers and self.random.random() < 0.2 else ()
        final = self.final(depth) if not handlers or self.random.random() < 0.3 else ()
        return attempt(body, handlers, orelse, final)

    def handler(self, depth: int, in_loop: bool) -> Block:
        lines: Block = self.random.choice((("pass",), ("CLOSE(nc)",), self.block(depth - 1, in_loop, 2)))
        endings = [(4, ""), (4, "raise"), (2, "return"), *(((2, "continue"), (2, "break")) if in_loop else ())]
        ending = self.weighted(tuple(endings))
        return (*lines, *((ending,) if ending else ()))

    def final(self, depth: int) -> Block:
        usual = (("CLOSE(nc)",), when("nc", ("CLOSE(nc)",)), when("own", ("CLOSE(nc)",)), ("WORK", "CLOSE(nc)"))
        return self.random.choice((*usual, self.block(min(depth, 1), False, 2)))

    def branch(self, depth: int, in_loop: bool) -> Block:
        orelse = self.block(depth, in_loop, 2) if self.random.random() < 0.35 else ()
        return when(self.random.choice(_TESTS), self.block(depth, in_loop, 2), orelse)

    def loop(self, depth: int, _in_loop: bool) -> Block:
        head = self.random.choice(_LOOPS)
        body = self.block(depth, True, 3)
        if head == "while True":
            body += when("ready()", (self.random.choice(("break", "return")),))
        orelse = self.block(depth - 1, False, 1) if self.random.random() < 0.15 else ()
        return (*compound(head, body), *(compound("else", orelse) if orelse else ()))

    def managed(self, depth: int, in_loop: bool) -> Block:
        head = self.random.choice(("ASYNC with guard():", "with contextlib.suppress(ValueError):"))
        return (head, *indent(self.block(depth, in_loop, 2)))

    def weighted(self, options: tuple[tuple[int, str], ...]) -> str:
        return self.random.choices([text for _, text in options], [weight for weight, _ in options])[0]


def _bound(lines: Block) -> Block:
    """Where the second name is used it is bound first: an unbound one would hide everything after it."""
    return ("c = None", *lines) if any("(c)" in line for line in lines) else lines
