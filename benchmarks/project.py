"""Measures what `check` pays for looking into imported modules, over a generated project of 2,000 modules.

    python benchmarks/project.py [--before COMMIT] [--runs N] [--files N]

`alone` judges each file alone, with the same code, or with that of an earlier commit.

Two projects: in one, a tenth of the files reach a connection (they import nats, or a module that makes connections); in
the other, none does. `cold` is a run with an empty cache, `warm` the run after it. The ratios are those of
one run, by turns.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parent.parent
ALONE = """
from flake8_naq.linking.imports import ImportFinder
from flake8_naq.linking.modules import Modules
ImportFinder.imports = lambda *_: ()
Modules.reaching = lambda *_: set()
"""
PACKAGES = 20

PLAIN = '''

class Record{n}:
    """What is kept of an item."""

    def __init__(self, name: str, size: int = {n}) -> None:
        self.name = name
        self.size = size
        self.parts: dict[str, int] = {{}}

    def add(self, part: str, count: int) -> int:
        if part in self.parts:
            self.parts[part] += count
        else:
            self.parts[part] = count
        return sum(self.parts.values())

    def report(self) -> str:
        lines = [f"{{part}}: {{count}}" for part, count in sorted(self.parts.items())]
        return "\\n".join(lines)


def total_{n}(records: list[Record{n}]) -> int:
    result = 0
    for record in records:
        try:
            result += record.add("all", len(record.name))
        except ValueError:
            continue
        finally:
            result += {n}
    return result


async def gather_{n}(records: list[Record{n}]) -> list[str]:
    found = []
    for record in records:
        if record.size > {n}:
            found.append(record.report())
        elif record.name:
            found.append(record.name)
    return found
'''
CLIENTS = '''

async def get_client(url: str):
    """Return a new connection."""
    return await nats.connect(url, max_reconnect_attempts=3)


async def shut(nc) -> None:
    """Close a connection."""
    await nc.drain()


class Bus:
    """Publishes on a connection."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def connect(self) -> None:
        self.nc = await nats.connect(self.url)

    async def publish(self, data: bytes) -> None:
        await self.nc.publish("orders", data)

    async def close(self) -> None:
        await self.nc.close()
'''
DIRECT = '''

async def send_{n}(url: str, items: list[bytes]) -> int:
    nc = await nats.connect(url)
    sent = 0
    try:
        js = nc.jetstream()
        for item in items:
            await js.publish("orders", item)
            sent += 1
    finally:
        await nc.close()
    return sent


async def ask_{n}(url: str) -> bytes:
    async with await nats.connect(url) as nc:
        answer = await nc.request("ask", b"")
        return answer.data
'''
USER = '''

async def send_{n}(url: str, items: list[bytes]) -> None:
    nc = await get_client(url)
    try:
        for item in items:
            await nc.publish("orders", item)
    finally:
        await shut(nc)


async def announce_{n}(url: str) -> None:
    bus = Bus(url)
    await bus.connect()
    try:
        await bus.publish(b"1")
    finally:
        await bus.close()
'''


def project(folder: Path, files: int, reaching: int) -> Path:
    """Write a project of that many modules, of which `reaching` reach a connection, and return its folder."""
    if folder.exists():
        return folder
    pick = random.Random(1)
    names = [f"app.p{number % PACKAGES}.m{number}" for number in range(files)]
    clients, direct = reaching // 40, reaching // 40 + reaching * 3 // 4
    for number, name in enumerate(names):
        path = folder.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        text = '"""One module of many."""\n\nimport logging\nimport os\nfrom collections.abc import Iterable\n'
        for other in sorted(pick.sample(range(files), 4)):
            text += f"from {names[other]} import Record{other}, total_{other}\n"
        if number < direct:
            text += "import nats\n"
        elif number < reaching:
            text += f"from {names[pick.randrange(clients)]} import Bus, get_client, shut\n"
        text += PLAIN.format(n=number)
        if number < clients:
            text += CLIENTS
        elif number < reaching:
            text += (DIRECT if number < direct else USER).format(n=number)
        path.write_text(text)
    for package in {Path(*name.split(".")[:-1]) for name in names} | {Path("app")}:
        (folder / package / "__init__.py").write_text("")
    (folder / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\n')
    return folder


def earlier(commit: str, folder: Path) -> Path:
    """Return the package of the linter as it was at the commit."""
    data = subprocess.run(["git", "archive", commit, "lint_plugin"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "lint_plugin"


def seconds(package: Path, tree: Path, cache: Path, before: str = "") -> float:
    """Return how long a check of the tree takes, after the code `before`; what it finds does not matter."""
    program = f"import sys{before}\nfrom flake8_naq.cli.main import main\nsys.exit(main(['check', '.']))"
    environment = {**os.environ, "PYTHONPATH": str(package), "FLAKE8_NAQ_CACHE_DIR": str(cache)}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], cwd=tree, env=environment, capture_output=True, check=False)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", metavar="COMMIT")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--files", type=int, default=2000)
    given = parser.parse_args()
    print("| project | alone | cold | ratio | warm | ratio |\n| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        new = ROOT / "lint_plugin"
        old, alone = (earlier(given.before, folder / "old"), "") if given.before else (new, ALONE)
        for title, reaching in (("a tenth reaches a connection", given.files // 10), ("no file does", 0)):
            tree = project(folder / f"tree{reaching}", given.files, reaching)
            seconds(new, tree, folder / "first")  # the files are in memory from here on
            turns = []
            for turn in range(given.runs):
                cache = folder / f"cache{turn}"
                first = seconds(old, tree, folder / f"alone{turn}", alone)
                turns.append((first, seconds(new, tree, cache), seconds(new, tree, cache)))
                shutil.rmtree(cache, ignore_errors=True)
            before, cold, warm = (statistics.median(turn[i] for turn in turns) for i in range(3))
            ratios = [statistics.median(turn[i] / turn[0] for turn in turns) for i in (1, 2)]
            print(
                f"| {title} | {before:.2f} s | {cold:.2f} s | {ratios[0]:.2f} | {warm:.2f} s | {ratios[1]:.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
