"""Nothing crashes or hangs the linter: odd, mutated, huge and deeply nested input."""

from __future__ import annotations

import ast
import random
import sys
import sysconfig
import warnings
from pathlib import Path

import pytest

from flake8_naq.engine import lint
from flake8_naq.project.settings import settings_from_table

FILE = {"name": "file", "acquire": ["open"], "release-methods": ["close"], "manager": "with open({args}) as {name}"}
EVERY_OPEN = settings_from_table({"resource": [FILE]})
FIXTURES = sorted((Path(__file__).parent / "rules").glob("naq*.py"))
LIBRARY = Path(sysconfig.get_path("stdlib"))
PACKAGES = Path(sysconfig.get_path("purelib"))


def try_lint(source: str) -> None:
    """Lint, and let only what does not parse be refused."""
    try:
        lint(source, settings=EVERY_OPEN)
    except (SyntaxError, ValueError, RecursionError):  # only if Python itself refuses it
        assert not _parses(source)


def _parses(source: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError, RecursionError):
            return False
    return True


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_mutated_fixtures(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    chance = random.Random(path.stem)
    for _ in range(60):
        mutated = list(lines)
        for _ in range(chance.randint(1, 4)):
            first, second = chance.randrange(len(mutated)), chance.randrange(len(mutated))
            action = chance.choice(("drop", "swap", "double", "indent"))
            if action == "drop" and len(mutated) > 1:
                del mutated[first]
            elif action == "swap":
                mutated[first], mutated[second] = mutated[second], mutated[first]
            elif action == "double":
                mutated.insert(first, mutated[second % len(mutated)])
            else:
                mutated[first % len(mutated)] = "    " + mutated[first % len(mutated)]
        try_lint("".join(mutated))


def _sample(root: Path, every: int) -> list[Path]:
    return sorted(p for p in root.rglob("*.py") if "site-packages" not in p.relative_to(root).parts)[::every]


@pytest.mark.parametrize("root", [LIBRARY, PACKAGES], ids=["library", "packages"])
def test_a_sample_of_real_files(root: Path) -> None:
    for path in _sample(root, 40):
        try_lint(path.read_text(encoding="utf-8", errors="replace"))


@pytest.mark.fuzz
@pytest.mark.parametrize("root", [LIBRARY, PACKAGES], ids=["library", "packages"])
def test_all_real_files(root: Path) -> None:
    for path in _sample(root, 1):
        try_lint(path.read_text(encoding="utf-8", errors="replace"))


def _function(body: str) -> str:
    return f"import nats\nasync def f(u, x):\n    nc = await nats.connect(u)\n{body}    await nc.close()\n"


NESTED = {
    "elif": "    if x: pass\n" + "    elif x: pass\n" * 3000,
    "attributes": "    x" + ".a" * 3000 + "\n",
    "calls": "    x" + ".a()" * 900 + "\n",
    "sum": "    y = " + "+".join(["x"] * 3000) + "\n",
    "long": "    await nc.publish('a', b'b')\n" * 10_000,
    "flags": "".join(f"    if x{i}:\n        y = 1\n" for i in range(400)) * 2,
    "tries": "".join(f"    {'  ' * i}try:\n" for i in range(18))
    + "    " + "  " * 18 + "await nc.flush()\n"
    + "".join(f"    {'  ' * i}finally:\n    {'  ' * i}  await x()\n" for i in reversed(range(18))),
    "loops": "".join(f"    {'  ' * i}for i{i} in x:\n" for i in range(18)) + "    " + "  " * 18 + "await nc.flush()\n",
    "connections": "    nc = await nats.connect(u)\n    await nc.close()\n" * 300,
}  # fmt: skip


@pytest.mark.parametrize("body", NESTED.values(), ids=NESTED.keys())
def test_absurd_functions_end(body: str) -> None:
    try_lint(_function(body))


GROWING = {
    "straight": "    v = x.a\n    await nc.publish(x.s, b'')\n",
    "handlers": "    try:\n        await nc.publish(x.s, b'')\n    except ValueError:\n        print(x.b)\n",
    "branches": "    if x.a:\n        await nc.publish('a', b'')\n",
    "tasks": "    task = x.create_task(x.job(nc))\n    await task\n",
    "limits": "    async with asyncio.timeout(5):\n        await nc.publish('a', b'')\n",
    "stores": "    x.nc = nc\n    if x.a:\n        await x.b()\n",
}


@pytest.mark.parametrize("loop", ["", "    while x.on:\n", "    async with await nats.connect(u) as nc:\n"])
@pytest.mark.parametrize("lines", GROWING.values(), ids=GROWING.keys())
def test_work_grows_with_the_size_of_a_function(lines: str, loop: str) -> None:
    """Counted in calls, which no other process can slow down."""
    indented = "".join(f"    {line}\n" for line in lines.splitlines()) if loop else lines
    once, twice = (_calls_made(_function(loop + indented * count)) for count in (60, 120))
    assert twice < 2.3 * once


def _calls_made(source: str) -> int:
    count = 0

    def called(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(called)
    try:
        lint(source)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kilobytes", [300, pytest.param(5_000, marks=pytest.mark.fuzz)])
def test_a_file_of_many_functions(kilobytes: int) -> None:
    connecting = _function("    await nc.publish('a', b'b')\n" * 3).replace("import nats\n", "")
    plain = "def plain(rows):\n    return [row.strip() for row in rows if row and not row.startswith('#')]\n\n\n" * 15
    assert lint("import nats\n" + (connecting + plain) * (kilobytes * 1_000 // len(connecting + plain)))


@pytest.mark.parametrize("source", ["", "\n", "# nats.", "nats.", "\ufeffimport nats\n", "x = '\ud800'  # nats.\n"])
def test_nearly_nothing(source: str) -> None:
    try_lint(source)
