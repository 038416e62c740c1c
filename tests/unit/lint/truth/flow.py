"""Families about control flow: try in all its forms, guards, loops, match."""

from __future__ import annotations

from itertools import product

from lint.truth.family import Family
from lint.truth.grammar import Block, attempt, compound, indent, when

CLOSE: Block = ("CLOSE(nc)",)
WORK: Block = ("WORK",)
OPEN: Block = ("nc = OPEN",)
NONE: Block = ("nc = None",)
GUARDED: tuple[Block, ...] = (
    when("nc", CLOSE),
    when("nc is not None", CLOSE),
    when("nc and not nc.CLOSED", CLOSE),
    when("nc is not None and STILL(nc)", CLOSE),
)

# --- try

_HEADS = (
    "",
    "Exception",
    "BaseException",
    "CANCELLED",
    "ValueError",
    "(ValueError, KeyError)",
    "(Exception, CANCELLED)",
)
_ACTIONS: tuple[Block, ...] = (
    ("pass",),
    CLOSE,
    ("raise",),
    (*CLOSE, "raise"),
    ("return",),
    (*CLOSE, "return"),
    ("step()", *CLOSE, "raise"),
)
_CLAUSES: tuple[Block, ...] = (
    *(compound(f"except {head}".rstrip(), action) for head, action in product(_HEADS, _ACTIONS)),
    ("except ValueError as error:", "    log.info(error)", "    CLOSE(nc)", "    raise RuntimeError from error"),
    ("except ValueError:", "    pass", "except BaseException:", "    CLOSE(nc)", "    raise"),
    ("except CANCELLED:", "    raise", "except Exception:", "    CLOSE(nc)"),
    ("except CANCELLED:", "    CLOSE(nc)", "    raise", "except Exception:", "    CLOSE(nc)", "    raise"),
    ("except Exception:", "    CLOSE(nc)", "    raise", "except CANCELLED:", "    CLOSE(nc)", "    raise"),
)
_FINAL: tuple[Block, ...] = (
    (),
    CLOSE,
    *GUARDED,
    (*WORK, *CLOSE),
    ("log.info('x')", *CLOSE),
    attempt(CLOSE, [("Exception", ("pass",))]),
    attempt(WORK, (), (), CLOSE),
)


def try_statement(block: Block, clauses: Block, orelse: Block, final: Block) -> Block:
    lines = compound("try", block) + clauses
    if orelse and clauses:
        lines += compound("else", orelse)
    return lines + (compound("finally", final) if final or not clauses else ())


def _try(start: Block, inside: Block, body: Block, clauses: Block, orelse: Block, final: Block, end: Block) -> Block:
    start = start if start or inside else OPEN
    return (*start, *try_statement((*inside, *body), clauses, orelse, final), *end)


TRY = Family(
    "try",
    (
        ((), NONE, OPEN, (*OPEN, *WORK)),
        ((), OPEN),
        (
            WORK,
            (*WORK, *CLOSE),
            (*when("ready()", ("return",)), *WORK),
            ("USE(nc)", "return 1"),
            CLOSE,
            ("raise ValueError",),
            ("x = job.data",),
            ("assert flag", "log.info('x')"),
        ),
        ((), *_CLAUSES),
        ((), CLOSE, WORK, ("return",)),
        _FINAL,
        ((), CLOSE, (*WORK, *CLOSE), ("return 1",), GUARDED[1]),
    ),
    _try,
)


def _nested(
    body: Block, inner: Block, inner_final: Block, middle: Block, outer: Block, final: Block, end: Block
) -> Block:
    inside = (*try_statement(body, inner, (), inner_final), *middle)
    return (*OPEN, *try_statement(inside, outer, (), final), *end)


_FEW: tuple[Block, ...] = (
    (),
    ("except Exception:", "    pass"),
    ("except Exception:", "    CLOSE(nc)", "    raise"),
    ("except ValueError:", "    return"),
    ("except BaseException:", "    CLOSE(nc)", "    raise"),
    ("except CANCELLED:", "    CLOSE(nc)", "    raise"),
)
NESTED = Family(
    "nested-try",
    (
        (WORK, ("USE(nc)", *CLOSE), (*when("flag", ("return 1",)), *WORK)),
        _FEW,
        ((), CLOSE, WORK),
        ((), WORK, CLOSE),
        _FEW,
        ((), CLOSE, WORK, when("flag", CLOSE)),
        ((), CLOSE),
    ),
    _nested,
)

# --- guards


def _guarded(before: Block, acquire: Block, middle: Block, release: Block, protected: Block) -> Block:
    if any("opened" in line for line in release):
        before = ("opened = False", *before)
    if protected == ("finally",):
        return (*before, *acquire, *attempt(middle, (), (), release))
    if protected == ("inside",):
        return (*before, *attempt((*acquire, *middle), (), (), release))
    return (*before, *acquire, *middle, *release)


_TESTS = (
    "own",
    "nc",
    "nc is not None",
    "nc and not nc.CLOSED",
    "nc and STILL(nc)",
    "own and nc",
    "own and flag",
    "own or flag",
    "flag",
    "ready()",
)
GUARDS = Family(
    "guard",
    (
        (NONE, ()),
        (
            when("own", OPEN),
            OPEN,
            when("ready()", OPEN),
            when("own and flag", OPEN),
            when("not own", NONE, OPEN),
            ("nc = OPEN if own else None",),
            ("nc = None if not own else OPEN",),
            when("own", (*OPEN, "opened = True")),
            (*when("not own", ("return",)), *OPEN),
            when("mode == 1", OPEN),
        ),
        (
            WORK,
            ("log.info('x')",),
            when("flag", ("return",)),
            when("nc is None", ("return",)),
            when("not nc", ("raise ValueError",)),
            when("not own", ("return 1",)),
            ("own = flag", *WORK),
            when("flag", ("own = False",)),
            when("own", ("USE(nc)",)),
        ),
        (
            when("own", CLOSE),
            CLOSE,
            *(when(test, CLOSE) for test in _TESTS[1:]),
            when("not own", ("pass",), CLOSE),
            when("nc is None", ("return",)) + CLOSE,
            when("nc", when("own", CLOSE)),
            when("flag", CLOSE, CLOSE),
            when("opened", CLOSE),
            when("mode == 1", CLOSE),
        ),
        (("finally",), (), ("inside",)),
    ),
    _guarded,
)


def _given(acquire: Block, middle: Block, release: Block) -> Block:
    return (*acquire, *attempt(middle, (), (), release))


GIVEN = Family(
    "given",
    (
        (
            ("nc = given", *when("nc is None", OPEN)),
            ("nc = given if given is not None else OPEN",),
            ("nc = given or OPEN",),
            when("given is None", OPEN, ("nc = given",)),
            when("given", ("nc = given",), OPEN),
            ("owned = given is None", *when("owned", OPEN, ("nc = given",))),
        ),
        (WORK, ("USE(nc)", "return 1"), when("flag", ("return",))),
        (
            when("given is None", CLOSE),
            CLOSE,
            when("not given", CLOSE),
            when("nc is not given", CLOSE),
            when("flag", CLOSE),
        ),
    ),
    _given,
)

# --- loops


def _loop(start: Block, head: Block, first: Block, body: Block, last: Block, orelse: Block, end: Block) -> Block:
    lines = compound(head[0], (*first, *body, *last))
    return (*start, *lines, *(compound("else", orelse) if orelse else ()), *end)


_TURN: tuple[Block, ...] = (
    WORK,
    (*when("ready()", ("break",)), *WORK),
    (*when("ready()", ("continue",)), *WORK),
    (*when("flag", ("return",)), *WORK),
    attempt(WORK, [("Exception", ("continue",))]),
    attempt(WORK, [("Exception", ("break",))]),
    attempt(when("ready()", ("break",)), (), (), CLOSE),
    attempt(when("ready()", ("continue",)), (), (), WORK),
)
LOOPS = Family(
    "loop",
    (
        (OPEN, (), NONE),
        (("for item in items",), ("while ready()",), ("while True",), ("while CHECK",), ("for item in range(3)",)),
        ((), OPEN, (*CLOSE, *OPEN), when("nc is None", OPEN)),
        _TURN,
        ((), CLOSE, when("ready()", (*CLOSE, "break")), (*CLOSE, *NONE), ("break",)),
        ((), CLOSE, ("return",), WORK),
        (CLOSE, (), GUARDED[1], WORK + CLOSE),
    ),
    _loop,
)


def _guarded_loop(start: Block, head: Block, body: Block, final: Block, outer: Block, end: Block) -> Block:
    lines = compound(head[0], (*start, *attempt(body, (), (), final)))
    if outer:
        return (*OPEN, *attempt(lines, (), (), outer), *end)
    return (*lines, *end)


GUARDED_LOOPS = Family(
    "try-in-loop",
    (
        (OPEN, (), (*OPEN, *WORK)),
        (("for item in items",), ("while ready()",), ("while True",)),
        _TURN,
        (CLOSE, (), WORK, when("ready()", CLOSE), (*CLOSE, "break")),
        ((), CLOSE),
        ((), CLOSE, ("return 1",)),
    ),
    _guarded_loop,
)


def _retry(head: Block, success: Block, failure: Block, middle: Block, end: Block) -> Block:
    turn = attempt((*OPEN, *success), [("Exception", failure)])
    return (*NONE, *compound(head[0], turn), *attempt(middle, (), (), end))


RETRIES = Family(
    "retry",
    (
        (("for turn in range(3)",), ("while True",), ("while nc is None",), ("for turn in items",)),
        (("break",), (*WORK, "break"), (), ("USE(nc)",)),
        (("pass",), ("continue",), ("AWAIT work()",), ("raise",), ("break",), ("return",)),
        (WORK, when("nc is None", ("return",)) + WORK, ("USE(nc)",), ("return 1",)),
        (GUARDED[0], GUARDED[1], CLOSE, ()),
    ),
    _retry,
)

# --- match


def _match(subject: Block, first: Block, second: Block, rest: Block, end: Block) -> Block:
    cases = (*compound("case 0", first), *compound("case 1", second), *(compound("case _", rest) if rest else ()))
    return (*OPEN, f"match {subject[0]}:", *indent(cases), *end)


_CASE: tuple[Block, ...] = (CLOSE, WORK, ("return",), (*CLOSE, "return"), ("return nc",), ("raise ValueError",))
MATCHES = Family(
    "match",
    ((("mode",), ("kind()",)), _CASE, _CASE, (CLOSE, (), WORK, ("return",)), ((), CLOSE, WORK + CLOSE)),
    _match,
)

FAMILIES = (TRY, NESTED, GUARDS, GIVEN, LOOPS, GUARDED_LOOPS, RETRIES, MATCHES)
