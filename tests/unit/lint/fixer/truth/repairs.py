"""Bodies for the rules that are about something else than a release by hand: 104, 109, 110, 201, 301, 303, 304."""

from __future__ import annotations

from lint.truth.family import Family
from lint.truth.grammar import Block, attempt, indent

_OPEN: Block = ("nc = OPEN",)
_CLOSE: Block = ("CLOSE(nc)",)
_PUBLISH: Block = ("await js.publish('s', b'd')",)

UNBOUND = Family(
    "unbound",
    (
        (("USE(nc)",), ("WORK", "USE(nc)"), ("js = JETSTREAM(nc)", *_PUBLISH), ("return 1",)),
        (
            (),
            ("except NoServersError:", "    log.info('down')"),
            ("except Exception:", "    log.info('x')", "    raise"),
            ("except ValueError:", "    return 3"),
        ),
        (_CLOSE, ("log.info('closing')", *_CLOSE)),
        ((), ("WORK",)),
    ),
    lambda body, clauses, final, end: ("try:", *indent((*_OPEN, *body)), *clauses, "finally:", *indent(final), *end),
)
NOT_AWAITED = Family(
    "not-awaited",
    (
        (
            (*_OPEN, *attempt(("USE(nc)",), (), (), ("nc.close()",))),
            ("async with nats.connect(URL) as nc:", "    USE(nc)"),
            (*_OPEN, "js = await nc.jetstream()", *attempt(_PUBLISH, (), (), _CLOSE)),
            (*_OPEN, "USE(nc)", "nc.drain()"),
            ("nc = nats.connect(URL)", *attempt(("USE(nc)",), (), (), _CLOSE)),
            (*_OPEN, "nc.close()", "return 1"),
        ),
        ((), ("WORK",)),
    ),
    lambda body, end: (*body, *end),
)
MANAGERS = Family(
    "managers",
    (
        (
            ("async with nats_jetstream() as (conn, js):",),
            ("async with nats_jetstream(config) as (conn, js):",),
            ("async with nats_jetstream() as (_, js):",),
            ("async with nats_jetstream() as pair:", "    conn, js = pair"),
            ("cm = nats_jetstream()", "async with cm as (conn, js):"),
            ("async with guard(), nats_jetstream() as (conn, js):",),
        ),
        (
            ("await conn.publish('a', b'b')",),
            ("kv = await js.key_value('b')", "await kv.put('k', b'v')"),
            ("WORK", "kv = await js.key_value('b')", "await kv.put('k', b'v')"),
            ("kv = await js.key_value(bucket='b')", "return await kv.get('k')"),
            ("await conn.publish('a', b'b')", "log.info(js)"),
            ("await js.publish('s', b'd')",),
            (*attempt(("kv = await js.key_value('b')", "await kv.put('k', b'v')"), [("BucketNotFoundError", ("return 2",))]),),
            ("kv = await js.key_value('b')", "await kv.put('k', b'v')", "note(conn)"),
        ),
        ((), ("WORK",), ("return 1",)),
    ),
    lambda head, body, end: (*head, *indent(body), *end),
)
NOT_ENTERED = Family(
    "not-entered",
    (
        (("cm = nats_connection()",), ("cm = nats_jetstream(config)",), ("nats_connection()",)),
        ((), ("WORK",), ("return 1",)),
    ),
    lambda body, end: (*body, *end),
)
ERRORS = Family(
    "errors",
    (
        (
            ("nats.errors.StreamNotFound",),
            ("nats.errors.APIError",),
            ("(nats.errors.StreamNotFound, ValueError)",),
            ("nats.errors.NoServersError",),
            ("nats.js.errors.NotFoundError",),
            ("nats.errors.KeyValueError",),
        ),
        (("log.info('handled')",), ("raise",), ("return 4",)),
        (("before",), ("managed",)),
    ),
    lambda name, action, how: (
        (*_OPEN, *attempt(("js = nc.jetstream()", *_PUBLISH), [(name[0], action)], (), _CLOSE))
        if how == ("before",)
        else ("async with OPEN as nc:", *indent(attempt(("js = nc.jetstream()", *_PUBLISH), [(name[0], action)])))
    ),
)
CALLS = Family(
    "calls",
    (
        (
            ("await nc.publish('a', 'text')",),
            ("await nc.publish('a', 'é')",),
            ("js = nc.jetstream()", "await js.publish('s', 'd')"),
            ("js = nc.jetstream()", "kv = await js.key_value('b')", "await kv.put('k', 'v')", "await kv.entries()"),
            ("js = nc.jetstream()", "sub = await js.pull_subscribe('s', 'c')", "await sub.next(timeout=1)"),
        ),
        (
            ("async with OPEN as nc:",),
            ("async with await nats.connect(URL, connection_timeout=3) as nc:",),
        ),
        ((), ("WORK",)),
    ),
    lambda body, head, end: (*head, *indent(body), *end),
)

FAMILIES = (UNBOUND, NOT_AWAITED, MANAGERS, NOT_ENTERED, ERRORS, CALLS)
