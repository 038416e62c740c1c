"""Programs fixed by a careful hand, and by a careless one: what the harness itself is held to."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

from lint.fixer.truth.difference import Permit


@dataclass(frozen=True, slots=True)
class Pair:
    """*fault* is part of what the harness must say of it; it reports nothing for a correct one."""

    name: str
    before: str
    after: str
    fault: str = ""
    permit: Permit = Permit.NOTHING


_APP = ("work", "step", "note", "ready", "keep")
_NAQ = (
    "close_nats_connection",
    "get_jetstream_context",
    "get_nats_connection",
    "nats_connection",
    "nats_jetstream",
    "nats_kv_store",
)


def _module(text: str) -> str:
    """The imports that the text needs, and the text."""
    text = dedent(text).strip("\n") + "\n"
    app = [name for name in sorted(_APP) if f"{name}(" in text]
    names = [name for name in _NAQ if f"{name}(" in text]
    lines = [f"from app import {', '.join(app)}"] if app else []
    lines += ["import asyncio"] if "asyncio." in text else []
    lines += ["import contextlib"] if "contextlib." in text else []
    lines += ["import nats"] if "nats.connect" in text else []
    lines += [f"from naq.connection import {', '.join(names)}"] if names else []
    lines += ["from nats.errors import NoServersError"] if "NoServersError" in text else []
    return "\n".join([*lines, "", "", text])


def pair(name: str, before: str, after: str, fault: str = "", permit: Permit = Permit.NOTHING) -> Pair:
    return Pair(name, _module(before), _module(after), fault, permit)


PLAIN = """
async def subject(flag):
    nc = await nats.connect("u")
    try:
        await nc.publish("a", b"b")
        if flag:
            return 1
    except ValueError:
        await work()
        raise
    finally:
        await nc.close()
    return 2
"""
MANAGED = """
async def subject(flag):
    async with await nats.connect("u") as nc:
        try:
            await nc.publish("a", b"b")
            if flag:
                return 1
        except ValueError:
            await work()
            raise
    return 2
"""
INSIDE = """
async def subject():
    nc = None
    try:
        nc = await nats.connect("u")
        await work()
    except NoServersError:
        step()
    finally:
        if nc is not None:
            await nc.close()
"""
INSIDE_MANAGED = """
async def subject():
    try:
        async with await nats.connect("u"):
            await work()
    except NoServersError:
        step()
"""
TWO = """
async def subject():
    a = await nats.connect("a")
    b = await nats.connect("b")
    try:
        await a.publish("a", b"b")
    finally:
        await {0}.close()
        await {1}.close()
"""
BUCKET = """
async def subject():
    nc = await get_nats_connection()
    try:
        js = await get_jetstream_context(nc)
        kv = await js.key_value("b")
        await kv.put("k", b"v")
    finally:
        await close_nats_connection(nc)
"""

HIDDEN = """
def subject():
    with contextlib.suppress(ValueError):
        f = None
        try:
            f = open("x")
            f.read()
        finally:
            f.close()
"""
SUPPRESSED = """
def subject():
    with contextlib.suppress(ValueError):
        with open("x") as f:
            f.read()
"""
HIDDEN_TWICE = """
def subject():
    f = None
    try:
        try:
            f = open("x")
            f.read()
        finally:
            f.close()
    finally:
        f.close()
"""
UNCOVERED_ONCE = """
def subject():
    f = None
    try:
        with open("x") as f:
            f.read()
    finally:
        f.close()
"""

RIGHT = (
    pair("acquired before the try", PLAIN, MANAGED),
    pair("acquired inside the try, by a permit", INSIDE, INSIDE_MANAGED, permit=Permit.CLOSE_FIRST),
    pair(
        "a bucket",
        BUCKET,
        """
        async def subject():
            async with nats_kv_store("b") as kv:
                await kv.put("k", b"v")
        """,
    ),
    pair(
        "a file",
        """
        def subject(flag):
            f = open("x")
            try:
                return f.read()
            finally:
                f.close()
        """,
        """
        def subject(flag):
            with open("x") as f:
                return f.read()
        """,
    ),
    pair(
        "a leak is closed",
        """
        async def subject():
            nc = await nats.connect("u")
            await work()
            await nc.close()
            step()
        """,
        """
        async def subject():
            async with await nats.connect("u"):
                await work()
            step()
        """,
    ),
    pair(
        "a drain stays",
        """
        async def subject():
            nc = await nats.connect("u")
            try:
                await work()
            finally:
                await nc.drain()
        """,
        """
        async def subject():
            async with await nats.connect("u") as nc:
                try:
                    await work()
                finally:
                    await nc.drain()
        """,
    ),
    pair(
        "what an unbound name hid comes out",
        """
        async def subject():
            try:
                nc = await nats.connect("u")
                await work()
            finally:
                await nc.close()
        """,
        """
        async def subject():
            async with await nats.connect("u"):
                await work()
        """,
        permit=Permit.UNBOUND,
    ),
    pair("what None hid comes out, and None hides it again", HIDDEN_TWICE, UNCOVERED_ONCE, permit=Permit.NONE),
    pair("what None hid comes out, and is suppressed", HIDDEN, SUPPRESSED, permit=Permit.NONE | Permit.SUPPRESSED),
    pair(
        "a close that was not awaited",
        """
        async def subject():
            nc = await nats.connect("u")
            try:
                await work()
            finally:
                nc.close()
        """,
        """
        async def subject():
            async with await nats.connect("u"):
                await work()
        """,
    ),
    pair(
        "a connect that was never awaited",
        """
        async def subject():
            nc = nats.connect("u")
            await work()
            try:
                await nc.publish("a", b"b")
            finally:
                await nc.close()
        """,
        """
        async def subject():
            async with await nats.connect("u") as nc:
                await work()
                await nc.publish("a", b"b")
        """,
        permit=Permit.BROKEN | Permit.AWAITED,
    ),
    pair(
        "an error of the close tells more",
        """
        async def subject():
            nc = await nats.connect("u")
            try:
                await work()
            except ValueError as error:
                await nc.close()
                raise RuntimeError from error
            await nc.close()
        """,
        """
        async def subject():
            async with await nats.connect("u"):
                try:
                    await work()
                except ValueError as error:
                    raise RuntimeError from error
        """,
    ),
)

WRONG = (
    pair(
        "an error of the close forgets what it follows",
        """
        async def subject():
            nc = await nats.connect("u")
            try:
                await work()
            except ValueError:
                await nc.close()
                return 1
            await nc.close()
        """,
        """
        async def subject():
            async with await nats.connect("u"):
                try:
                    await work()
                except ValueError:
                    return 1
        """,
        "end: raises ValueError('release conn1 (no. 1)') while",
    ),
    pair("two closed in the other order", TWO.format("b", "a"), TWO.format("a", "b"), "operation 4: close conn2 / close conn1"),
    pair(
        "the handler now catches a failed connect",
        PLAIN,
        """
        async def subject(flag):
            try:
                async with await nats.connect("u") as nc:
                    await nc.publish("a", b"b")
                    if flag:
                        return 1
            except ValueError:
                await work()
                raise
            return 2
        """,
        "none / work()",
    ),
    pair(
        "the handler no longer catches a failed connect",
        INSIDE,
        """
        async def subject():
            async with await nats.connect("u"):
                try:
                    await work()
                except NoServersError:
                    step()
        """,
        "step() / none",
    ),
    pair("the handler runs after the close", INSIDE, INSIDE_MANAGED, "operation 4: none / step()"),
    pair("the result is lost", PLAIN, MANAGED.replace("return 1", "pass"), "end: returns 1 / returns 2"),
    pair("the result is another", PLAIN, MANAGED.replace("return 2", "return 3"), "end: returns 2 / returns 3"),
    pair(
        "what None hid is lost",
        HIDDEN_TWICE,
        UNCOVERED_ONCE.replace("    finally:\n        f.close()", "    except ValueError:\n        f.close()"),
        "end: raises AttributeError while",
        permit=Permit.NONE,
    ),
    pair("what None hid ends well", HIDDEN, SUPPRESSED, "end: raises AttributeError while", permit=Permit.NONE),
    pair("an exception is swallowed", PLAIN, MANAGED.replace("            raise\n", ""), "end: raises ValueError"),
    pair(
        "an exception is another",
        PLAIN,
        MANAGED.replace("            raise\n", "            raise KeyError\n"),
        "end: raises ValueError",
    ),
    pair("a handler does less", PLAIN, MANAGED.replace("await work()", "pass"), "work() / close conn1"),
    pair("an operation too many", PLAIN, MANAGED.replace("return 2", "await work()\n    return 2"), "none / work()"),
    pair("not closed", PLAIN, PLAIN.replace("await nc.close()", "pass"), "close conn1 / none"),
    pair(
        "still open on some path",
        """
        async def subject():
            nc = await nats.connect("u")
            await work()
            await nc.close()
        """,
        """
        async def subject():
            nc = await nats.connect("u")
            try:
                await work()
            except Exception:
                await nc.close()
                raise
            await nc.close()
        """,
        "still open after its fix: [1]",
    ),
    pair(
        "closed after the work that came after it",
        """
        async def subject():
            nc = await nats.connect("u")
            try:
                step()
            finally:
                await nc.close()
            await work()
        """,
        """
        async def subject():
            async with await nats.connect("u"):
                step()
                await work()
        """,
        "close conn1 / work()",
    ),
    pair(
        "close where drain was",
        PLAIN.replace("close", "drain"),
        MANAGED,
        "drain conn1 / close conn1",
    ),
    pair(
        "a close that failed quietly",
        PLAIN.replace("await nc.close()", "try:\n            await nc.close()\n        except Exception:\n            pass"),
        MANAGED,
        "end: returns 1 / raises",
    ),
    pair(
        "a close that had a time limit",
        PLAIN.replace("await nc.close()", "await asyncio.wait_for(nc.close(), 5)"),
        MANAGED,
        "wait_for 5 / close conn1",
    ),
    pair("another server", BUCKET.replace("connection()", "connection('u')"), BUCKET, "connect ('u') / connect ('nats://default')"),
    pair("another keyword", PLAIN.replace('"u"', '"u", name="n"'), MANAGED, "connect ('u', name='n') / connect ('u')"),
    pair(
        "the options of a view are lost",
        BUCKET.replace("await get_jetstream_context(nc)", "nc.jetstream(timeout=9)"),
        """
        async def subject():
            async with nats_jetstream() as (_, js):
                kv = await js.key_value("b")
                await kv.put("k", b"v")
        """,
        "operation 2: conn1.js(timeout=9).key_value('b') / conn1.js.key_value('b')",
    ),
    pair(
        "a bucket bound before the work that came before it",
        BUCKET.replace("        kv =", "        await work()\n        kv ="),
        """
        async def subject():
            async with nats_kv_store("b") as kv:
                await work()
                await kv.put("k", b"v")
        """,
        "operation 2: work() / conn1.js.key_value('b')",
    ),
    pair(
        "a bucket bound where no handler sees that it is missing",
        BUCKET.replace("    finally", "    except NoServersError:\n        return 1\n    finally"),
        """
        async def subject():
            async with nats_kv_store("b") as kv:
                try:
                    await kv.put("k", b"v")
                except NoServersError:
                    return 1
        """,
        "end: returns 1 / raises NoServersError",
    ),
    pair(
        "the lines of a string moved",
        PLAIN.replace("        if flag", '        note("""a\n        b""")\n        if flag'),
        MANAGED.replace("            if flag", '            note("""a\n            b""")\n            if flag'),
        "note ('a\\n        b') / note ('a\\n            b')",
    ),
    pair(
        "a name of the module is bound",
        "conn = 'module'\n" + PLAIN.replace("        if flag", "        note(conn)\n        if flag"),
        "conn = 'module'\n" + MANAGED.replace("nc", "conn").replace("asyconn", "async").replace("            if flag", "            note(conn)\n            if flag"),
        "note ('module') / note (conn1)",
    ),
    pair(
        "used after the close",
        """
        async def subject():
            nc = await nats.connect("u")
            try:
                step()
            finally:
                await work()
                await nc.publish("a", b"b")
                await nc.close()
        """,
        """
        async def subject():
            async with await nats.connect("u") as nc:
                step()
            await work()
            await nc.publish("a", b"b")
        """,
        "operation 3: work() / close conn1",
    ),
    pair(
        "a function that was given away finds it closed",
        """
        async def subject():
            nc = await nats.connect("u")
            keep(lambda: nc.publish("a", b"b"))
            await work()
        """,
        """
        async def subject():
            async with await nats.connect("u") as nc:
                keep(lambda: nc.publish("a", b"b"))
                await work()
        """,
        "left behind",
    ),
    pair(
        "an unbound name where there was none",
        INSIDE,
        INSIDE.replace("    nc = None\n", "").replace("if nc is not None", "if nc"),
        "end: returns None / raises UnboundLocalError",
    ),
)
