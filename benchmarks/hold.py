"""Measures what holding the line costs: the hook on one changed file, and a baseline of 10,000 entries.

`make bench` runs this after `run.py`, in the same environment and on trees that it generates.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from run import CACHE, HERE, installed, library_tree

FUNCTION = """

async def work{number}(url: str) -> int:
    nc = await nats.connect(url)
    await nc.publish("orders", b"{number}")
    return {number}
"""
FILES, EACH = 500, 20


def half_migrated_tree() -> Path:
    """10,000 findings in 500 files, all of them known."""
    tree = CACHE / "half-migrated"
    if not tree.exists():
        for number in range(FILES):
            path = tree / f"package{number % 20}" / f"module{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("import nats\n" + "".join(FUNCTION.format(number=index) for index in range(EACH)))
    return tree


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of one run: of processor time, of the process and its workers together, and on the wall."""

    processor: float
    wall: float


def spent(command: Sequence[str | Path]) -> Spent:
    start = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):  # a command that fails is quick, and would look good
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return Spent(usage.ru_utime + usage.ru_stime, wall)


def turns(first: Sequence[str | Path], second: Sequence[str | Path], number: int) -> Iterator[tuple[Spent, Spent]]:
    """Both commands by turns, each as often the first: what a slow spell or a warm cache gives, it gives to both."""
    for turn in range(number + 1):
        if turn % 2:
            pair = (spent(first), spent(second))
        else:
            after = spent(second)
            pair = (spent(first), after)
        if turn:  # the one before warms the caches
            yield pair


def baseline(naq: Path, runs: int) -> None:
    """The ratio is that of the medians; the median of the ratios of each turn is printed beside it."""
    tree = half_migrated_tree()
    known = tree / "known"
    program, flake8 = naq / "flake8-naq", naq / "flake8"
    subprocess.run([program, "baseline", "write", "--baseline", known], cwd=tree, check=True, capture_output=True)
    size = os.path.getsize(known) / 1000
    one = changed_files()
    print(f"\nwith a baseline of {FILES * EACH:,} entries ({size:.0f} kB) and without\n")
    print("| checked | turns | | without | with | ratio | of each turn |\n| --- | --- | --- | --- | --- | --- | --- |")
    check = [program, "check", "--baseline"]
    for name, command, number in (
        ("one file that does not use NATS", [*check, "{}", one / "unrelated.py"], runs * 9),
        ("one file that uses NATS", [*check, "{}", one / "uses_nats.py"], runs * 9),
        ("the same by flake8", [flake8, "-j1", "--naq-baseline={}", one / "uses_nats.py"], runs * 5),
        ("Python's own library", [*check, "{}", library_tree()], runs * 3),
        (f"{FILES} files, all of it known", [*check, "{}", tree], runs),
    ):
        pair = [[str(part).format(value) for part in command] for value in ("", known)]
        pairs = list(turns(*pair, number))
        for what in ("processor", "wall"):
            columns = [[getattr(spent, what) for spent in column] for column in zip(*pairs, strict=True)]
            without, with_it = map(statistics.median, columns)
            each = statistics.median(after / before for before, after in zip(*columns, strict=True))
            print(
                f"| {name} | {number} | {what} | {without * 1000:.1f} ms | {with_it * 1000:.1f} ms "
                f"| {with_it / without:.3f} | {each:.3f} |"
            )


def changed_files() -> Path:
    """A folder with a file that uses NATS and one that does not."""
    folder = CACHE / "hook"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(HERE.parent / "examples" / "unmanaged" / "queue" / "core.py", folder / "uses_nats.py")
    (folder / "unrelated.py").write_text("import os\n\n\ndef here() -> str:\n    return os.getcwd()\n")
    return folder


def hook(naq: Path, runs: int) -> None:
    print("\nthe hook on a commit with one changed file: own time, beyond the interpreter's start\n")
    print("| changed file | turns | processor | wall |\n| --- | --- | --- | --- |")
    start = [naq / "python", "-c", "pass"]
    one = changed_files()
    for name, arguments in (
        ("unrelated to NATS", [one / "unrelated.py"]),
        ("uses NATS", [one / "uses_nats.py"]),
        ("uses NATS, with 10,000 known findings", [one / "uses_nats.py", "--baseline", half_migrated_tree() / "known"]),
    ):
        pairs = list(turns(start, [naq / "flake8-naq", "check", *arguments], runs * 3))
        own = [
            statistics.median(getattr(b, what) - getattr(a, what) for a, b in pairs) for what in ("processor", "wall")
        ]
        print(f"| {name} | {runs * 3} | {own[0] * 1000:.1f} ms | {own[1] * 1000:.1f} ms |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs: int = parser.parse_args().runs
    CACHE.mkdir(exist_ok=True)
    print(f"\nPython {sys.version.split()[0]}, {os.cpu_count()} cores, medians; --runs {runs}")
    naq = installed()
    baseline(naq, runs)
    hook(naq, runs)


if __name__ == "__main__":
    main()
