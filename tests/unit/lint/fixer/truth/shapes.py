"""Families that are typical of the migration: JetStream and key-value views, handlers around a connect, managers.

Besides the neutral words of `grammar` they use `JETSTREAM(nc)`. They are about asynchronous connections only.
"""

from __future__ import annotations

from lint.truth.family import Family
from lint.truth.grammar import Block, attempt, compound, indent, when

_CLOSE: Block = ("CLOSE(nc)",)
_OPEN: Block = ("nc = OPEN",)
_JS: Block = ("js = JETSTREAM(nc)",)
_KV: Block = (*_JS, "kv = await js.key_value('b')")
_PUBLISH: Block = ("await js.publish('s', b'd')",)
_PUT: Block = ("await kv.put('k', b'v')",)
_HANDLERS: tuple[tuple[tuple[str, Block], ...], ...] = (
    (),
    (("Exception as error", ("log.error(error)", "raise")),),
    (("NoServersError", ("log.info('down')",)),),
    (("NotFoundError", ("return None",)), ("NoServersError", ("raise ValueError",))),
    (("ValueError", ("USE(nc)", "raise")),),
    (("BucketNotFoundError", ("kv = None", "WORK")),),
    (("CANCELLED", ("log.info('cancelled')", "raise")),),
    (("Exception", _CLOSE + ("raise",)),),
    (("BaseException", _CLOSE + ("raise",)),),
)

# Where the acquisition is, and how it is released: (before the try, in it, in its finally, after it).
Placed = tuple[Block, Block, Block, Block]
_PLACES: dict[str, Placed] = {
    "before": (_OPEN, (), _CLOSE, ()),
    "inside": ((), _OPEN, _CLOSE, ()),
    "inside, none first": (("nc = None",), _OPEN, when("nc", _CLOSE), ()),
    "inside, is not None": (("nc = None",), _OPEN, when("nc is not None", _CLOSE), ()),
    "inside, not closed": (("nc = None",), _OPEN, when("nc and not nc.is_closed", _CLOSE), ()),
    "work before": ((*_OPEN, "WORK"), (), _CLOSE, ()),
    "quiet close": (_OPEN, (), attempt(_CLOSE, [("Exception", ("log.info('close failed')",))]), ()),
    "suppressed close": (_OPEN, (), ("with contextlib.suppress(Exception):", *indent(_CLOSE)), ()),
    "work in finally": (_OPEN, (), ("WORK", *_CLOSE), ()),
    "log in finally": (_OPEN, (), ("log.info('closing')", *_CLOSE), ()),
    "close, then log": (_OPEN, (), (*_CLOSE, "log.info('closed')"), ()),
    "at the end": (_OPEN, (), (), _CLOSE),
    "never": (_OPEN, (), (), ()),
    "timed close": (_OPEN, (), ("await asyncio.wait_for(nc.close(), 5)",), ()),
    "drain and close": (_OPEN, (), ("await nc.drain()", *_CLOSE), ()),
    "drain": (_OPEN, (), ("await nc.drain()",), ()),
    "none after": (_OPEN, (), (*_CLOSE, "nc = None"), ()),
}


def _migrated(place: Block, views: Block, body: Block, handlers: Block, orelse: Block, end: Block) -> Block:
    start, inside, final, after = _PLACES[place[0]]
    clauses = list(_HANDLERS[int(handlers[0])])
    within = (*inside, *views, *body)
    if not clauses and not final:
        return (*start, *within, *after, *end)
    return (*start, *attempt(within, clauses, orelse if clauses else (), final), *after, *end)


_VIEWS: tuple[Block, ...] = (
    (),
    _JS,
    _KV,
    ("WORK", *_JS),
    (*_JS, "WORK", "kv = await js.key_value('b')"),
    (*_JS, "other = JETSTREAM(nc)"),
    (*_JS, "kv = await js.key_value(bucket='b')"),
    ("js = nc.jetstream(timeout=9)",),
    when("flag", _JS, ("js = None",)),
    ("view = JETSTREAM(nc)", "js = view"),
    (*_KV, "js = None"),
    ("js: object = JETSTREAM(nc)",),
    ("name = 'b'", *_JS, "kv = await js.key_value(name)"),
)
_BODIES: tuple[Block, ...] = (
    ("WORK",),
    ("USE(nc)",),
    ("return 1",),
    (*when("flag", ("return None",)), "USE(nc)", "return 'done'"),
    ("for item in items:", "    USE(nc)"),
    ("result = CHECK", "log.info(result)", "return result"),
    ("text = 'x' if nc.is_connected else 'y'", "return text"),
    ("pass",),
    ("await asyncio.sleep(1)",),
    ("ASYNC def told():", "    USE(nc)", "await nc.subscribe('x', told)", "WORK"),
    ("ASYNC def told():", "    nc = 1", "    note(nc)", "await nc.subscribe('x', cb=told)"),
    ("texts = [str(nc) for nc in (1, 2)]", "note(texts)", "USE(nc)"),
    ("keep(lambda: nc)", "USE(nc)"),
)
_JS_BODIES: tuple[Block, ...] = (
    _PUBLISH,
    (*_PUBLISH, "USE(nc)"),
    ("return await js.publish('s', b'd')",),
    ("for item in items:", *indent(_PUBLISH)),
    (*when("ready()", ("return 1",)), *_PUBLISH),
    (*attempt(_PUBLISH, [("ValueError", ("log.info('again')", *_PUBLISH))]),),
    ("note([item for item in (1, 2)])", *_PUBLISH),
    ("ASYNC def told():", *indent(_PUBLISH), "await nc.subscribe('x', told)", *_PUBLISH),
    ("ASYNC def told(js=None):", "    note(js)", "keep(told)", *_PUBLISH),
    ("note([js for js in (1, 2)])", *_PUBLISH),
)
_KV_BODIES: tuple[Block, ...] = (
    _PUT,
    ("value = await kv.get('k')", "return value"),
    (*_PUT, *_PUBLISH),
    (*_PUT, "USE(nc)"),
    (*when("flag", _PUT), *when("ready()", ("return await kv.get('k')",))),
)
_NUMBERS = tuple((str(number),) for number in range(len(_HANDLERS)))
_AFTER: tuple[Block, ...] = ((), ("WORK",), ("return 1",))
_PLACE_NAMES = tuple((name,) for name in _PLACES)

CONNECTION = Family("migrate", (_PLACE_NAMES, ((),), _BODIES, _NUMBERS, ((), ("WORK",)), _AFTER), _migrated)
JETSTREAM = Family("migrate-jetstream", (_PLACE_NAMES, _VIEWS[1:], _JS_BODIES, _NUMBERS, ((), ("WORK",)), _AFTER), _migrated)
BUCKET = Family(
    "migrate-bucket", (_PLACE_NAMES, (_VIEWS[2], _VIEWS[4], _VIEWS[6], *_VIEWS[10:]), _KV_BODIES, _NUMBERS, ((),), _AFTER), _migrated
)

# --- things used after the block, names that are taken

_USED_LATER = Family(
    "used-later",
    (
        (("nc",), ("js",)),
        (("log.info(nc.is_closed)",), ("return nc",), ("USE(nc)",), ("return js",), ("nc = None",), ("keep(js)",), ("del nc",)),
        (_PUBLISH, (*_PUBLISH, *when("flag", ("return 1",)))),
    ),
    lambda _, later, body: (*_OPEN, *attempt((*_JS, *body), (), (), _CLOSE), *later),
)
_NAMES_TAKEN = Family(
    "names-taken",
    (
        (("conn = 1",), ("js = 1", "conn = 2"), ("kv = 1",), ("import logging as conn",), ("conn = js = kv = 0",)),
        (("note(conn)",), ("note(js, conn)",), ("note(kv)",), ("def inner():", "    note(conn)", "inner()")),
        (("view = JETSTREAM(nc)", "await view.publish('s', b'd')"), (*_KV, *_PUT), ("USE(nc)",)),
    ),
    lambda bind, read, body: ("conn = js = kv = None", *bind, *_OPEN, *attempt(body, (), (), _CLOSE), *read),
)
_TWO_CONNECTIONS = Family(
    "two-connections",
    (
        (
            ("a = OPEN", "b = OPEN"),
            ("a = OPEN", "WORK", "b = OPEN"),
            ("a = b = OPEN",),
        ),
        (("USE(a)", "USE(b)"), ("js = JETSTREAM(a)", "kv = await js.key_value('b')", "await kv.put('k', b'v')", "USE(b)"), ("WORK",)),
        (
            ("CLOSE(b)", "CLOSE(a)"),
            ("CLOSE(a)", "CLOSE(b)"),
            attempt(("CLOSE(b)",), (), (), ("CLOSE(a)",)),
            attempt(("CLOSE(a)",), (), (), ("CLOSE(b)",)),
            ("CLOSE(b)",),
        ),
    ),
    lambda opens, body, closes: (*opens, *attempt(body, (), (), closes)),
)
_TWO_IN_TURN = Family(
    "two-in-turn",
    (
        (_CLOSE, (*_CLOSE, "WORK"), ("WORK",)),
        (_OPEN, ("other = OPEN",)),
        (_CLOSE, ("CLOSE(other)",), ("CLOSE(nc)", "CLOSE(other)")),
    ),
    lambda first, second, last: (
        "other = None",
        *_OPEN,
        *attempt(("USE(nc)",), (), (), first),
        *second,
        *attempt(("USE(nc)",), (), (), when("other", last) if "other" in "".join(last) else last),
    ),
)
_IN_BLOCKS = Family(
    "in-a-block",
    (
        (("for item in items",), ("while ready()",), ("if flag",), ("ASYNC with guard()",), ("with contextlib.suppress(ValueError)",)),
        (("before",), ("inside, none first",), ("at the end",), ("quiet close",)),
        (_PUBLISH, ("USE(nc)",), (*when("ready()", ("return 1",)), *_PUBLISH)),
        ((), ("WORK",), ("return 2",)),
    ),
    lambda head, place, body, end: (
        *compound(head[0], _migrated(place, () if "js" not in "".join(body) else _JS, body, ("0",), (), ())),
        *end,
    ),
)

_ENTERED_BELOW = Family(
    "entered-below",
    (
        (
            attempt(_OPEN, [("NoServersError", ("return None",))]),
            attempt(_OPEN, [("Exception as error", ("log.error(error)", "raise ValueError from error"))]),
            attempt(("WORK", *_OPEN), [("NoServersError", ("return 1",)), ("ValueError", _OPEN)]),
            attempt(_OPEN, [("ValueError", ("WORK",))]),
            attempt((*_OPEN, "WORK"), [("ValueError", ("return 2",))]),
            ("nc = None", *attempt(_OPEN, [("ValueError", ("pass",))])),
            when("flag", _OPEN, _OPEN),
            when("flag", _OPEN, ("return 3",)),
            when("flag", attempt(_OPEN, [("ValueError", ("return 4",))]), _OPEN),
            ("while True:", *indent(attempt((*_OPEN, "break"), [("ValueError", ("WORK",))]))),
            ("while True:", *indent((*attempt(_OPEN, [("ValueError", ("continue",))]), *when("ready()", ("break",))))),
            (
                "for item in items:",
                *indent(attempt(_OPEN, [("ValueError", ("WORK",))], ("break",))),
                "else:",
                "    raise ValueError",
            ),
        ),
        (("USE(nc)",), ("WORK", "USE(nc)", "return 5"), ("js = JETSTREAM(nc)", *_PUBLISH), (*when("ready()", ("return 6",)), "USE(nc)")),
        (("finally",), ("end",), ("drain",), ("never",), ("guarded",)),
        ((), ("WORK",)),
    ),
    lambda head, body, end, after: (
        *head,
        *{
            "finally": attempt(body, (), (), _CLOSE),
            "guarded": attempt(body, (), (), when("nc", _CLOSE)),
            "end": (*body, *_CLOSE),
            "drain": (*body, "await nc.drain()"),
            "never": body,
        }[end[0]],
        *after,
    ),
)
_IN_THE_FINALLY = Family(
    "more-in-the-finally",
    (
        (("try:", *indent(_OPEN)), ("nc = None", "try:", *indent(_OPEN)), (*_OPEN, "try:")),
        (("USE(nc)",), ("js = JETSTREAM(nc)", *_PUBLISH, "return 1"), ("WORK", "USE(nc)")),
        ((), ("except ValueError:", "    return 2")),
        (("WORK", *_CLOSE), ("log.info('closing')", *_CLOSE), (*_CLOSE, "WORK"), ("WORK", *when("nc", _CLOSE)), (*_CLOSE, "flag = job.data")),
        ((), ("return 3",)),
    ),
    lambda head, body, clauses, final, end: (*head, *indent(body), *clauses, "finally:", *indent(final), *end),
)

FAMILIES = (
    CONNECTION,
    JETSTREAM,
    BUCKET,
    _USED_LATER,
    _NAMES_TAKEN,
    _TWO_CONNECTIONS,
    _TWO_IN_TURN,
    _IN_BLOCKS,
    _ENTERED_BELOW,
    _IN_THE_FINALLY,
)
