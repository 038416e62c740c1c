"""Why a line that opens something has no finding, as `explain --why` prints it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.cli.main import main

SOURCE = """import nats
from checks import keep


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
        ("async def kept", ["connection 'nc'", "2: 'keep' is not a function of the project"]),
        ("async def given_to_a_list", ["connection 'nc'", "2: 'every.append' is not a function of the project"]),
        ("async def managed", ["connection 'nc'", "1: a block closes it"]),
        ("    await bus.start", ["Bus 'bus'", "1: 'use' is not a function of the project"]),
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
