"""Why a line that opens something has no finding, as `explain --why` prints it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.cli.main import main

SOURCE = """import nats
import pymongo
from asyncpg import Pool
from checks import keep

CLIENT = pymongo.MongoClient()


class Bus:
    async def start(self):
        self.nc = await nats.connect("u")

    async def stop(self):
        await self.nc.close()


async def returned():
    nc = await nats.connect("u")
    return nc


async def kept():
    nc = await nats.connect("u")
    found = await keep(nc)
    return found


async def given_to_a_list(every):
    nc = await nats.connect("u")
    every.append(nc)


async def managed():
    async with await nats.connect("u") as nc:
        await nc.flush()


async def closure():
    nc = await nats.connect("u")

    async def send(text):
        await nc.publish("a", text)

    return send


async def in_a_list(urls):
    found = [await nats.connect(url) for url in urls]
    return len(found), found


async def taken(pool: Pool):
    return await pool.acquire()


async def of_a_pool(pool):
    conn = await taken(pool)
    try:
        await conn.fetch("select 1")
    finally:
        await pool.release(conn)


async def owner(use):
    bus = Bus()
    await bus.start()
    use(bus)
"""


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("self.nc = await", ["connection", "0: it is stored where other code can close it"]),
        ("async def returned", ["connection 'nc'", "2: it is returned, and the caller has to close it"]),
        ("async def kept", ["connection 'nc'", "2: 'keep' is not a function of the project, and may keep it"]),
        ("async def given_to_a_list", ["connection 'nc'", "2: 'every.append' is not a function of the project, and may keep it"]),
        ("async def managed", ["connection 'nc'", "1: a block closes it"]),
        ("async def closure", ["connection 'nc'", "6: what is returned keeps it"]),
        ("async def in_a_list", ["connection", "1: other code gets it"]),
        ("async def of_a_pool", ["pooled connection 'conn'", "5: 'pool.release(conn)' releases it"]),
        ("CLIENT =", ["client 'CLIENT'", "0: it is there for as long as the process runs"]),
        ("    await bus.start", ["Bus 'bus'", "1: 'use' is not a function of the project, and may keep it"]),
    ],
)
def test_why_nothing_is_reported(
    tmp_path: Path,
    statement: str,
    why: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(SOURCE)
    lines = SOURCE.splitlines()
    first = next(number for number, line in enumerate(lines, 1) if statement in line)
    line = first + ("def" in statement)
    assert main(["explain", "--why", f"app.py:{line}"]) == 0
    name, *steps = why
    expected = [f"  line {first + int(step.partition(':')[0])}:{step.partition(':')[2]}" for step in steps]
    assert capsys.readouterr().out.splitlines() == [
        f"app.py:{line}: no finding starts on this line",
        name,
        *expected,
    ]


DECLARED = """[tool.flake8-naq]
[[tool.flake8-naq.resource]]
name = "cart"
acquire = ["shop.Client.cart"]
release-methods = ["close"]
"""


def test_a_declared_method_of_an_object_whose_class_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(DECLARED)
    (tmp_path / "a.py").write_text("import shop\n\n\ndef pay(client):\n    client.cart().pay(shop)\n    client.pay()\n")
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "--why", "a.py:5"]) == 0
    told = "  the class of 'client' is not known; an annotation tells whether 'shop.Client.cart' is called"
    assert capsys.readouterr().out == f"a.py:5: no finding starts on this line\n{told}\n"
    assert main(["explain", "--why", "a.py:6"]) == 2


def test_a_function_of_a_module_is_not_a_method_of_an_object(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("import redis\nimport redis.asyncio\n\nCACHE = redis.from_url('redis://')\n")
    monkeypatch.chdir(tmp_path)
    assert main(["explain", "--why", "a.py:4"]) == 2
