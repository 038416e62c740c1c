"""Families about who owns the resource: names, helpers, hand-offs, managers, generators, two resources at once."""

from __future__ import annotations

from lint.truth.family import Family
from lint.truth.flow import CLOSE, GUARDED, NONE, OPEN, WORK, try_statement
from lint.truth.grammar import Block, attempt, compound, when

# --- names


def _sequence(*parts: Block) -> Block:
    return tuple(line for part in parts for line in part)


def _finally(start: Block, body: Block, end: Block, protected: Block) -> Block:
    return (*start, *attempt(body, (), (), end)) if protected else (*start, *body, *end)


NAMES = Family(
    "name",
    (
        (
            (*OPEN, "c = nc"),
            ("nc = c = OPEN",),
            ("c = nc = OPEN",),
            ("nc, d = OPEN, 1", "c = nc"),
            ("c = OPEN", "nc = c"),
            when("(nc := OPEN)", WORK) + ("c = nc",),
            (*OPEN, "c = nc", "nc = None"),
            (*OPEN, "c, d = nc, 2"),
            (*OPEN, *OPEN, "c = nc"),
            (*OPEN, "c = nc", *OPEN),
            (*OPEN, "CLOSE(nc)", *OPEN, "c = nc"),
            (*OPEN, "c = nc if flag else None"),
            (*NONE, "c = nc", *OPEN),
            ("nc: object = OPEN", "c = nc"),
            (*OPEN, "nc = nc", "c = nc"),
        ),
        (
            WORK,
            (),
            ("nc = None",),
            ("nc = OPEN",),
            ("c = None",),
            ("del nc",),
            ("nc = given",),
            ("nc, c = c, nc",),
            ("for nc in items:", "    step()"),
            ("js = nc.jetstream()", "USE(js)"),
            when("flag", NONE),
        ),
        (("CLOSE(c)",), CLOSE, (), when("c", ("CLOSE(c)",)), ("CLOSE(c)", *CLOSE), when("flag", CLOSE, ("CLOSE(c)",))),
        ((), ("finally",)),
    ),
    _finally,
)
DROPPED = Family(
    "dropped",
    (
        (("OPEN",), ("_ = OPEN",), (*OPEN, *OPEN), ("USE(nc)", "OPEN"), when("OPEN", WORK)),
        ((), WORK, ("return 1",)),
    ),
    _sequence,
)
CHAINED = Family(
    "expression",
    (
        (
            ("if nc := OPEN:", "    CLOSE(nc)"),
            ("while nc := OPEN:", "    WORK", "    CLOSE(nc)"),
            ("return OPEN",),
            ("if flag:", "    return OPEN"),
            ("shelf['a'] = OPEN",),
            ("self.nc = OPEN",),
            ("keep(OPEN)",),
            ("a, b = OPEN, OPEN", "CLOSE(a)", "CLOSE(b)"),
            ("return (OPEN, 1)",),
            ("return {'a': OPEN}",),
            ("nc = OPEN", "return [nc]"),
            ("nc = OPEN", "return nc.jetstream()"),
            ("nc = OPEN", "self.js = nc.jetstream()"),
            ("nc = OPEN", "js = nc.jetstream()", "shelf['a'] = js"),
        ),
        ((), WORK),
    ),
    _sequence,
)

# --- helpers of the same file

_SHUT: tuple[Block, ...] = (
    ("AWAIT shut(nc)",),
    ("AWAIT shut(c=nc)",),
    ("AWAIT shut_named(reason='x', c=nc)",),
    ("AWAIT shut_if(nc)",),
    ("AWAIT shut_after(nc)",),
    ("AWAIT shut_quietly(nc)",),
    ("AWAIT shut_twice(nc)",),
    ("AWAIT shut_late(nc)",),
    ("AWAIT shut_maybe(nc)",),
    when("nc", ("AWAIT shut(nc)",)),
    ("AWAIT peek(nc)",),
    ("retain(nc)",),
    ("tell(nc)",),
    ("AWAIT relay(nc)",),
)
HELPERS = Family(
    "helper",
    (
        (OPEN, NONE + when("own", OPEN), (*OPEN, *WORK)),
        (WORK, ("AWAIT peek(nc)",), ("tell(nc)",), ("AWAIT relay(nc)",), ("retain(nc)",), when("flag", ("return",))),
        (*_SHUT, CLOSE, ()),
        (("finally",), ()),
    ),
    _finally,
)

# --- made by a function of the same file

MADE = Family(
    "made",
    (
        (
            ("nc = AWAIT made()",),
            ("nc = AWAIT made_or_none()",),
            ("nc = AWAIT made_twice()",),
            ("nc = None", "if own:", "    nc = AWAIT made()"),
            ("nc = AWAIT made() if own else None",),
            ("nc = AWAIT made()", *WORK),
            ("AWAIT made()",),
            (*OPEN, "nc = AWAIT made()"),
            ("nc = given or AWAIT made()",),
        ),
        (
            WORK,
            (),
            when("nc is None", ("return",)) + WORK,
            when("flag", ("return",)),
            ("USE(nc)",),
            ("return nc",),
            ("keep(nc)",),
            ("self.nc = nc",),
            when("flag", ("nc = AWAIT made()",)),
        ),
        (CLOSE, (), *GUARDED[:2], ("AWAIT shut(nc)",), when("flag", CLOSE), WORK + CLOSE),
        ((), ("finally",)),
    ),
    _finally,
)

# --- handing off

GIVE: tuple[Block, ...] = (
    ("return nc",),
    ("self.nc = nc",),
    ("shelf['a'] = nc",),
    ("shelf.append(nc)",),
    ("keep(nc)",),
    ("PASS(nc)",),
    ("keep(nc.close)",),
    ("keep([nc])",),
    ("x = lend(nc)",),
    ("return (nc, 1)",),
    ("return {'a': nc}",),
    ("return [nc]",),
    ("self.state = {'a': nc}",),
    ("global CURRENT", "CURRENT = nc"),
    ("log.info(nc)",),
    ("print(nc)",),
    ("return lend(nc)",),
    ("return nc.jetstream()",),
    ("POOL['a'] = nc",),
    ("c = nc", "return c"),
    ("return nc if flag else None",),
    ("self.nc = c = nc",),
)


def _give(start: Block, before: Block, give: Block, guard: Block, after: Block, end: Block) -> Block:
    gift = compound(guard[0], give) if guard else give
    if give[0].startswith("global"):
        start, gift = (give[0], *start), compound(guard[0], give[1:]) if guard else give[1:]
    return (*start, *before, *gift, *after, *end)


HANDOFF = Family(
    "hand-off",
    (
        (OPEN, NONE + when("own", OPEN)),
        ((), WORK, when("ready()", ("return",)), attempt(WORK, [("Exception", CLOSE + ("raise",))])),
        GIVE,
        ((), ("if flag",), ("if ready()",), ("for item in items",)),
        ((), WORK, ("raise ValueError",), when("mode", ("return 2",))),
        (
            (),
            CLOSE,
            when("ready()", CLOSE),
            when("flag", CLOSE),
            when("not flag", CLOSE),
            GUARDED[0],
            ("AWAIT shut(nc)",),
        ),
    ),
    _give,
)


def _give_protected(body: Block, give: Block, clauses: Block, orelse: Block, final: Block, end: Block) -> Block:
    if give[0].startswith("global"):
        return (give[0], *OPEN, *try_statement((*body, *give[1:]), clauses, orelse, final), *end)
    return (*OPEN, *try_statement((*body, *give), clauses, orelse, final), *end)


PROTECTED_HANDOFF = Family(
    "hand-off-in-try",
    (
        (WORK, (), when("flag", ("return",)), when("ready()", (*CLOSE, "return"))),
        GIVE,
        (
            ("except Exception:", "    CLOSE(nc)", "    raise"),
            (),
            ("except BaseException:", "    CLOSE(nc)", "    raise"),
            ("except Exception:", "    CLOSE(nc)"),
            ("except Exception:", "    return None"),
            ("except ValueError:", "    pass"),
        ),
        ((), WORK, CLOSE),
        ((), CLOSE, when("flag", CLOSE), WORK),
        ((), CLOSE, WORK, ("return nc",)),
    ),
    _give_protected,
)

# --- nested functions

_STOP: tuple[Block, ...] = (
    ("ASYNC def stop():", "    CLOSE(nc)"),
    ("ASYNC def stop():", "    USE(nc)"),
    ("ASYNC def stop():", "    WORK"),
    ("stop = lambda: nc.close()",),
    ("ASYNC def stop():", "    WORK", "    CLOSE(nc)"),
)
NESTED_FUNCTIONS = Family(
    "nested-function",
    (
        (OPEN, (*OPEN, *WORK)),
        _STOP,
        (("keep(stop)",), ("return stop",), (), WORK, ("AWAIT stop()",), ("self.stop = stop",)),
        ((), CLOSE, WORK, when("ready()", CLOSE)),
    ),
    _sequence,
)

# --- managers

_ENTER: tuple[Block, ...] = (
    ("ASYNC with OPEN as nc:",),
    ("ASYNC with OPEN:",),
    ("ASYNC with EXITSTACK() as stack:", "    nc = AWAIT stack.ENTER(OPEN)"),
    ("ASYNC with EXITSTACK() as stack:", "    nc = OPEN", "    AWAIT stack.ENTER(nc)"),
    ("ASYNC with EXITSTACK() as stack:", "    nc = OPEN", "    stack.CALLBACK(nc.close)"),
    ("ASYNC with EXITSTACK() as stack:", "    WORK", "    nc = OPEN", "    stack.CALLBACK(nc.close)"),
    ("nc = OPEN", "ASYNC with nc:"),
    ("nc = OPEN", "WORK", "ASYNC with nc:"),
    ("nc = OPEN", "ASYNC with nc as c:"),
    ("nc = OPEN", "if flag:", "    return", "ASYNC with nc:"),
    ("if own:", "    nc = OPEN", "else:", "    return", "ASYNC with nc:"),
    ("nc = OPEN", "ASYNC with EXITSTACK() as stack:", "    stack.CALLBACK(nc.close)"),
    ("nc = OPEN", "ASYNC with EXITSTACK() as stack:"),
)


def _manage(enter: Block, body: Block, end: Block) -> Block:
    return (*enter, *("    " + line for line in (body or ("pass",))), *end)


MANAGED = Family(
    "managed",
    (
        _ENTER,
        (
            WORK,
            (),
            when("ready()", ("return",)),
            ("return 1",),
            attempt(WORK, [("Exception", ("pass",))]),
            ("USE(nc)",),
        ),
        ((), WORK, ("return 1",)),
    ),
    _manage,
)


def _beside(body: Block, handlers: Block, end: Block) -> Block:
    """A manager of something else around a hand-made release, or an error swallowed."""
    return (*OPEN, *handlers, *("    " + line for line in body), *end)


BESIDE = Family(
    "beside-a-manager",
    (
        (WORK, (*WORK, *CLOSE), (*when("ready()", ("return",)), *WORK), ("raise ValueError",), CLOSE),
        (
            ("with contextlib.suppress(Exception):",),
            ("with contextlib.suppress(ValueError):",),
            ("with contextlib.suppress(Exception, CANCELLED):",),
            ("with contextlib.nullcontext():",),
            ("with guard():",),
            ("ASYNC with guard():",),
        ),
        (CLOSE, (), WORK + CLOSE),
    ),
    _beside,
)

# --- two at once

TWO = Family(
    "two",
    (
        (("a = OPEN", "b = OPEN"), ("a = b = None",)),
        ((), ("b = OPEN",), ("a = OPEN", "b = OPEN"), WORK),
        (
            ("CLOSE(b)", "CLOSE(a)"),
            ("CLOSE(a)",),
            attempt(("CLOSE(b)",), (), (), ("CLOSE(a)",)),
            when("b", ("CLOSE(b)",)) + ("CLOSE(a)",),
            attempt(("CLOSE(a)",), [("Exception", ("pass",))]) + ("CLOSE(b)",),
            when("b", ("CLOSE(b)",)) + when("a", ("CLOSE(a)",)),
        ),
        (("finally",), ()),
    ),
    _finally,
)
TWO_NESTED = Family(
    "two-nested",
    (
        (WORK, ("USE(a)",), ("return 1",), when("flag", ("return b",))),
        (("CLOSE(b)",), (), when("flag", ("CLOSE(b)",))),
        (("CLOSE(a)",), (), ("CLOSE(b)", "CLOSE(a)"), (*WORK, "CLOSE(a)")),
    ),
    lambda body, inner, outer: (
        "a = OPEN",
        *attempt(("b = OPEN", *attempt(body, (), (), inner)), (), (), outer),
    ),
)

# --- generators

_YIELDS: tuple[Block, ...] = (
    ("yield nc",),
    ("yield 1",),
    ("yield nc.jetstream()",),
    ("for item in items:", "    yield item"),
    ("while ready():", "    yield 1"),
    ("if flag:", "    yield nc", "else:", "    yield None"),
    ("x = yield nc",),
    ("yield (nc, 1)",),
)


def _generate(start: Block, give: Block, body: Block, clauses: Block, final: Block, end: Block) -> Block:
    if clauses or final:
        return (*start, *try_statement((*give, *body), clauses, (), final), *end)
    return (*start, *give, *body, *end)


_GENERATOR: tuple[tuple[Block, ...], ...] = (
    (OPEN, (*OPEN, *WORK), ("yield 0", *OPEN), NONE + when("own", OPEN)),
    _YIELDS,
    ((), WORK, CLOSE),
    ((), ("except Exception:", "    pass"), ("except BaseException:", "    CLOSE(nc)", "    raise")),
    (CLOSE, (), GUARDED[1], (*WORK, *CLOSE), when("flag", CLOSE)),
    ((), CLOSE, WORK, ("yield 2",), ("yield 2", *CLOSE)),
)
GENERATORS = Family("generator", _GENERATOR, _generate)
CONTEXT_MANAGERS = Family("contextmanager", _GENERATOR, _generate, 1, "@MANAGER")
FIXTURES = Family("fixture", _GENERATOR, _generate, 1, "@pytest.fixture")

# --- asynchronous iteration (rendered in asynchronous dialects only)

STREAMS = Family(
    "async-for",
    (
        (WORK, when("ready()", ("break",)), when("flag", ("return",)), CLOSE + ("break",), ("yield message",)),
        ((), CLOSE, ("return",)),
        (CLOSE, (), when("flag", CLOSE)),
    ),
    lambda body, orelse, final: (
        *OPEN,
        *attempt(
            (*compound("async for message in stream()", body), *(compound("else", orelse) if orelse else ())),
            (),
            (),
            final,
        ),
    ),
)

FAMILIES = (
    NAMES,
    DROPPED,
    CHAINED,
    HELPERS,
    MADE,
    HANDOFF,
    PROTECTED_HANDOFF,
    NESTED_FUNCTIONS,
    MANAGED,
    BESIDE,
    TWO,
    TWO_NESTED,
    GENERATORS,
    CONTEXT_MANAGERS,
    FIXTURES,
    STREAMS,
)
