"""What public code and generated programs taught: each case once went wrong, or was left that need not be.

A case is a pair: the function before, and the one after, or the reason for which it is left.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import pytest

from flake8_naq.fixer import fix_source
from flake8_naq.settings import settings_from_table

HEAD = "import asyncio\nimport sys\n\nimport nats\nfrom nats.aio.client import Client as NATS\n"


@dataclass(frozen=True, slots=True)
class Case:
    """*after* is empty where it is left, for *reason*; *unsafe* where it needs `--unsafe-fixes`."""

    name: str
    before: str
    after: str = ""
    reason: str = ""
    unsafe: bool = False

    def __str__(self) -> str:
        return self.name


# A block would bind a name anew whose value nothing has used: a linter would find that, as it did not before (F811).
OVERWRITTEN = [
    Case(
        "acquired twice at once",
        """
        async def f(url):
            nc = await nats.connect(url)
            nc = await nats.connect(url)
            await nc.flush()
            await nc.close()
        """,
        reason="nothing uses what line 9 gives the name 'nc'",
    ),
    Case(
        "before a loop",
        """
        async def f(url, names):
            nc = NATS()
            for name in names:
                nc = await nats.connect(url, name=name)
                await nc.flush()
                await nc.close()
        """,
        reason="nothing uses what line 9 gives the name 'nc'",
    ),
    Case(
        "it was used",
        """
        async def f(url, nc):
            nc = await nats.connect(url)
            await nc.flush()
            nc = await nats.connect(url)
            await nc.flush()
            await nc.close()
        """,
        """
        async def f(url, nc):
            nc = await nats.connect(url)
            await nc.flush()
            async with await nats.connect(url) as nc:
                await nc.flush()
        """,
    ),
    Case(
        "on one way only",
        """
        async def f(url, given):
            if given:
                nc = given
            nc = await nats.connect(url)
            await nc.flush()
            await nc.close()
        """,
        """
        async def f(url, given):
            if given:
                nc = given
            async with await nats.connect(url) as nc:
                await nc.flush()
        """,
    ),
]


@pytest.mark.parametrize("case", OVERWRITTEN, ids=str)
def test_a_name_that_was_bound_before(case: Case) -> None:
    before, after = (HEAD + "\n\n" + textwrap.dedent(text).lstrip() for text in (case.before, case.after))
    result = fix_source(before, unsafe=True)
    assert result.source == (after if case.after else before)
    assert case.reason in ["", *(one.reason for one in result.left)]


# The connection is entered below the statement that surely ends with it.
BELOW = [
    Case(
        "handlers that all leave",
        """
        async def f(url):
            try:
                nc = await nats.connect(url)
            except OSError as error:
                print(error)
                return 1

            # ask
            await nc.flush()
            await nc.close()
            return 0
        """,
        """
        async def f(url):
            try:
                nc = await nats.connect(url)
            except OSError as error:
                print(error)
                return 1

            async with nc:
                # ask
                await nc.flush()
            return 0
        """,
    ),
    Case(
        "a handler that ends the process by a function of the file",
        """
        def die():
            print("usage")
            sys.exit(1)


        async def f(url):
            nc = NATS()
            try:
                await nc.connect(url)
            except Exception:
                die()
            await nc.publish("a", b"b")
            await nc.drain()
        """,
        """
        def die():
            print("usage")
            sys.exit(1)


        async def f(url):
            nc = NATS()
            try:
                await nc.connect(url)
            except Exception:
                die()
            async with nc:
                await nc.publish("a", b"b")
                await nc.drain()
        """,
    ),
    Case(
        "two ways to connect, one to close",
        """
        async def f(url, name):
            if name:
                nc = await nats.connect(url, name=name)
            else:
                nc = await nats.connect(url)
            try:
                await nc.flush()
            finally:
                await nc.close()
        """,
        """
        async def f(url, name):
            if name:
                nc = await nats.connect(url, name=name)
            else:
                nc = await nats.connect(url)
            async with nc:
                await nc.flush()
        """,
    ),
    Case(
        "a handler that asks for the name keeps it bound",
        """
        async def f(url):
            nc = None
            try:
                nc = await nats.connect(url)
            except OSError:
                print(nc)
                raise
            await nc.flush()
            await nc.close()
        """,
        """
        async def f(url):
            nc = None
            try:
                nc = await nats.connect(url)
            except OSError:
                print(nc)
                raise
            async with nc:
                await nc.flush()
        """,
    ),
    Case(
        "tried again until it succeeds",
        """
        async def f(url):
            while True:
                try:
                    nc = await nats.connect(url)
                    break
                except OSError:
                    await asyncio.sleep(1)
            await nc.flush()
            await nc.close()
        """,
        """
        async def f(url):
            while True:
                try:
                    nc = await nats.connect(url)
                    break
                except OSError:
                    await asyncio.sleep(1)
            async with nc:
                await nc.flush()
        """,
    ),
    Case(
        "tried some times, then given up",
        """
        async def f(url):
            for attempt in range(5):
                try:
                    nc = await nats.connect(url)
                except OSError:
                    await asyncio.sleep(attempt)
                else:
                    break
            else:
                raise RuntimeError
            await nc.flush()
            await nc.close()
        """,
        """
        async def f(url):
            for attempt in range(5):
                try:
                    nc = await nats.connect(url)
                except OSError:
                    await asyncio.sleep(attempt)
                else:
                    break
            else:
                raise RuntimeError
            async with nc:
                await nc.flush()
        """,
    ),
    Case(
        "a handler that goes on leaves it open what the name is",
        """
        async def f(url):
            nc = None
            try:
                nc = await nats.connect(url)
            except OSError:
                print("down")
            if nc:
                await nc.flush()
                await nc.close()
        """,
        reason="it is released on line 16, outside of the block in which it is acquired",
    ),
    Case(
        "another way out of the loop",
        """
        async def f(url, stop):
            nc = None
            while True:
                try:
                    nc = await nats.connect(url)
                    break
                except OSError:
                    if stop():
                        break
            if nc:
                await nc.close()
        """,
        reason="it is released on line 18, outside of the block in which it is acquired",
    ),
]

# A name that a nested function may read before it is bound to the connection.
CAPTURED = [
    Case(
        "None until then",
        """
        async def f(url, done):
            nc = None

            async def failed(error):
                done.set_result(nc.is_closed)

            nc = await nats.connect(url, error_cb=failed)
            await nc.flush()
            await nc.close()
        """,
        """
        async def f(url, done):
            nc = None

            async def failed(error):
                done.set_result(nc.is_closed)

            nc = await nats.connect(url, error_cb=failed)
            async with nc:
                await nc.flush()
        """,
    ),
]

# What the finally does before it releases goes on coming before the close.
FINALLY = [
    Case(
        "a finally that uses the connection once more",
        """
        async def f(url):
            try:
                nc = await nats.connect(url)
                js = nc.jetstream()

                await js.publish("a", b"b")
            finally:
                await js.delete_stream("s")
                await nc.close()
        """,
        """
        async def f(url):
            async with await nats.connect(url) as nc:
                try:
                    js = nc.jetstream()

                    await js.publish("a", b"b")
                finally:
                    await js.delete_stream("s")
        """,
        unsafe=True,
    ),
    Case(
        "a word after the close",
        """
        async def f(url):
            nc = await nats.connect(url)
            try:
                await nc.flush()
            finally:
                await nc.close()
                print("closed")
        """,
        """
        async def f(url):
            async with await nats.connect(url) as nc:
                try:
                    await nc.flush()
                finally:
                    print("closed")
        """,
        unsafe=True,
    ),
    Case(
        "what waits after the close may wait for it",
        """
        async def f(url, task):
            nc = await nats.connect(url)
            try:
                await nc.flush()
            finally:
                await nc.close()
                await task
        """,
        reason="line 14 comes after the release on line 13",
    ),
    Case(
        "an error that the handler makes after the close",
        """
        async def f(url):
            nc = await nats.connect(url)
            try:
                await nc.flush()
            except Exception as error:
                await nc.close()
                raise RuntimeError("down") from error
            await nc.close()
        """,
        """
        async def f(url):
            async with await nats.connect(url) as nc:
                try:
                    await nc.flush()
                except Exception as error:
                    raise RuntimeError("down") from error
        """,
        unsafe=True,
    ),
]

# Keywords that went with nats-py 2.0.
CALLS = [
    Case(
        "a loop that nothing takes any more",
        """
        async def f(url, loop):
            async with await nats.connect(url, loop=loop) as nc:
                await nc.subscribe("a", is_async=True, cb=print)
                await nc.flush()
            async with await nats.connect(loop=loop) as nc:
                await nc.flush()
            async with await nats.connect(
                url,
                io_loop=loop,
                name="x",
            ) as nc:
                await nc.flush()
        """,
        """
        async def f(url, loop):
            async with await nats.connect(url) as nc:
                await nc.subscribe("a", cb=print)
                await nc.flush()
            async with await nats.connect() as nc:
                await nc.flush()
            async with await nats.connect(
                url,
                name="x",
            ) as nc:
                await nc.flush()
        """,
    ),
    Case(
        "a loop that is made for it",
        """
        async def f(url):
            async with await nats.connect(url, loop=asyncio.get_event_loop()) as nc:
                await nc.flush()
        """,
        reason="what 'loop' is given is computed there",
    ),
]

# Which error comes out where the close fails, too, and what became of it.
CLOSES = [
    Case(
        "a handler that swallows an error told of it in that of the close",
        """
        async def f(url):
            nc = await nats.connect(url)
            try:
                await nc.flush()
            except Exception:
                await nc.close()
                return 1
            await nc.close()
            return 0
        """,
        """
        async def f(url):
            async with await nats.connect(url) as nc:
                try:
                    await nc.flush()
                except Exception:
                    return 1
            return 0
        """,
        unsafe=True,
    ),
    Case(
        "a finally that leaves the loop",
        """
        async def f(urls):
            for url in urls:
                nc = await nats.connect(url)
                try:
                    await nc.flush()
                finally:
                    await nc.close()
                    break
        """,
        """
        async def f(urls):
            for url in urls:
                async with await nats.connect(url) as nc:
                    try:
                        await nc.flush()
                    finally:
                        break
        """,
        unsafe=True,
    ),
    Case(
        "a handler of the close that does more than to say so",
        """
        async def f(url):
            nc = await nats.connect(url)
            try:
                await nc.flush()
            finally:
                try:
                    await nc.close()
                except Exception:
                    sys.exit(1)
        """,
        reason="line 15 handles an error of the close",
    ),
    Case(
        "a handler that uses it after the release",
        """
        async def f(url):
            nc = await nats.connect(url)
            try:
                try:
                    await nc.flush()
                finally:
                    await nc.close()
            except Exception:
                print(nc.is_closed)
                raise
        """,
        reason="line 16 may use it after the release on line 14",
    ),
    Case(
        "nothing but a comment is left of the block",
        """
        async def f(url):
            nc = await nats.connect(url)

            # do something

            await nc.close()
        """,
        """
        async def f(url):
            async with await nats.connect(url):
                # do something
                pass
        """,
    ),
]


def test_a_plan_whose_own_changes_overlap_ends() -> None:
    """It waited for its turn for ever: found by generated programs."""
    before = (
        "import nats\n\n\nasync def f(urls):\n   for url in urls:\n      nc = None  # one\n      try:\n"
        "         nc = \\\n           await nats.connect(url)  # two\n               # three\n"
        "         await nc.flush()\n      finally:\n         if nc:  # four\n            await nc.close()  # five\n"
    )
    result = fix_source(before, unsafe=True)
    assert len(result.applied) + len(result.left) == 1
    assert fix_source(result.source, unsafe=True).source == result.source


# A function of the file makes the connection: what it returns is entered.
MADE = [
    Case(
        "a function that connects",
        """
        async def connect(url):
            return await nats.connect(url)


        async def f(url):
            nc = await connect(url)
            try:
                await nc.flush()
            finally:
                await nc.close()
        """,
        """
        async def connect(url):
            return await nats.connect(url)


        async def f(url):
            async with await connect(url) as nc:
                await nc.flush()
        """,
    ),
    Case(
        "a method that connects, and nothing that closes",
        """
        class Service:
            async def _connect(self):
                nc = NATS()
                await nc.connect(self.url)
                return nc

            async def send(self, data):
                nc = await self._connect()
                await nc.publish("jobs", data)
        """,
        """
        class Service:
            async def _connect(self):
                nc = NATS()
                await nc.connect(self.url)
                return nc

            async def send(self, data):
                async with await self._connect() as nc:
                    await nc.publish("jobs", data)
        """,
        unsafe=True,
    ),
    Case(
        "a function that may return None",
        """
        async def connect(url):
            try:
                return await nats.connect(url)
            except OSError:
                return None


        async def f(url):
            nc = await connect(url)
            if nc is None:
                return
            try:
                await nc.flush()
            finally:
                await nc.close()
        """,
        reason="'connect' may return None",
    ),
]


@pytest.mark.parametrize("case", [*BELOW, *CAPTURED, *FINALLY, *CALLS, *CLOSES, *MADE], ids=str)
def test_lesson(case: Case) -> None:
    before = f"{HEAD}\n\n{textwrap.dedent(case.before).lstrip()}"
    result = fix_source(before, unsafe=True)
    after = textwrap.dedent(case.after).lstrip()
    assert result.source.removeprefix(HEAD).lstrip() == (after or textwrap.dedent(case.before).lstrip())
    assert fix_source(before).source == (before if case.unsafe or not after else result.source)
    if case.reason:
        assert [one.reason for one in result.left] == [case.reason]


def test_a_function_that_connects_by_hand_is_left() -> None:
    before = textwrap.dedent("""
        from naq.connection import get_nats_connection


        async def connect(url):
            return await get_nats_connection(url)


        async def f(url):
            nc = await connect(url)
            try:
                await nc.flush()
            finally:
                await nc.close()
    """)
    result = fix_source(before, unsafe=True)
    assert result.source == before
    assert "'connect' acquires it by hand, on line 6" in [one.reason for one in result.left]


# Resources of the user: the manager is the one that the setting names, where the file can write it.
OWN = {
    "resource": [
        {
            "name": "file",
            "acquire": ["open", "pathlib.Path.open"],
            "release-methods": ["close"],
            "manager": "with open({args}) as {name}",
        },
        {
            "name": "session",
            "acquire": ["app.db.connect"],
            "release-methods": ["close"],
            "manager": "with app.db.session({args}) as {name}",
        },
    ]
}
MINE = [
    Case(
        "a file that is opened in a try is entered below it",
        """
        def f(path):
            try:
                file = open(path, "rb")
            except OSError:
                return b""
            data = file.read()
            file.close()
            return data
        """,
        """
        def f(path):
            try:
                file = open(path, "rb")
            except OSError:
                return b""
            with file:
                data = file.read()
            return data
        """,
    ),
    Case(
        "a manager that is another function than the one that acquires",
        """
        import app.db


        def f():
            session = app.db.connect("x", timeout=3)
            try:
                session.work()
            finally:
                session.close()
        """,
        """
        import app.db


        def f():
            with app.db.session("x", timeout=3) as session:
                session.work()
        """,
    ),
    Case(
        "which cannot be entered later",
        """
        import app.db


        def f():
            try:
                session = app.db.connect("x")
            except OSError:
                return
            session.work()
            session.close()
        """,
        reason="its manager cannot be entered below line 6",
    ),
    Case(
        "and which the imports do not reach",
        """
        from app import db


        def f():
            session = db.connect("x")
            session.work()
            session.close()
        """,
        reason="'app.db.session' is not imported under that name here; write 'with app.db.session({args}) as {name}'",
    ),
]


@pytest.mark.parametrize("case", MINE, ids=str)
def test_own_resource(case: Case) -> None:
    before, after = (textwrap.dedent(text).lstrip() for text in (case.before, case.after))
    result = fix_source(before, settings_from_table(OWN))
    assert result.source == (after or before)
    assert [one.reason for one in result.left] == ([case.reason] if case.reason else [])


# NAQ110: the manager was taken for what it gives.
TAKEN = [
    Case(
        "for the connection",
        """
        from naq.connection import nats_connection


        async def f(config):
            conn = await nats_connection(config)
            # ask
            await conn.flush()
            return 1
        """,
        """
        from naq.connection import nats_connection


        async def f(config):
            async with nats_connection(config) as conn:
                # ask
                await conn.flush()
            return 1
        """,
    ),
    Case(
        "for the pair",
        """
        from naq.connection import nats_jetstream


        async def f(config):
            conn, js = await nats_jetstream(config)
            try:
                await js.publish("a", b"b")
            finally:
                await conn.flush()
        """,
        """
        from naq.connection import nats_jetstream


        async def f(config):
            async with nats_jetstream(config) as (conn, js):
                try:
                    await js.publish("a", b"b")
                finally:
                    await conn.flush()
        """,
    ),
    Case(
        "one name for two objects",
        """
        from naq.connection import nats_jetstream


        async def f(config):
            js = nats_jetstream(config)
            await js.publish("a", b"b")
        """,
        reason="it gives 2 objects, and line 5 names 1",
    ),
    Case(
        "nothing uses it",
        """
        from naq.connection import nats_connection


        async def f(config):
            nats_connection(config)
        """,
        reason="its result is thrown away, so what was meant is not known",
    ),
]


@pytest.mark.parametrize("case", TAKEN, ids=str)
def test_manager_taken_for_what_it_gives(case: Case) -> None:
    before, after = (textwrap.dedent(text).lstrip() for text in (case.before, case.after))
    assert fix_source(before).source == before
    result = fix_source(before, unsafe=True)
    assert result.source == (after or before)
    assert [one.reason for one in result.left] == ([case.reason] if case.reason else [])
