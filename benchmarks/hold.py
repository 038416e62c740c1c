"""Measures what holding the line costs: the hook on one changed file, and a baseline of 10,000 entries.

`make bench` runs this after `run.py`, in the same environment and on trees of its own making.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from run import CACHE, HERE, alternating, installed

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


def processor(command: Sequence[str | Path]) -> float:
    """Seconds of processor time of a command and its workers: other work on the machine does not change it much."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_utime + usage.ru_stime


def baseline(naq: Path, runs: int) -> None:
    tree = half_migrated_tree()
    known = tree / "known"
    program = naq / "flake8-naq"
    subprocess.run([program, "baseline", "write", "--baseline", known], cwd=tree, check=True, capture_output=True)
    size = os.path.getsize(known) / 1000
    print(f"\ncheck with a baseline of {FILES * EACH:,} entries ({size:.0f} kB) and without: processor time\n")
    print("| tree | without | with | ratio |\n| --- | --- | --- | --- |")
    for name, folder in ((f"{FILES} files, all findings known", tree), ("site-packages", CACHE / "packages")):
        if folder.exists():
            plain = [program, "check", folder]
            pairs = [(processor(plain), processor([*plain, "--baseline", known])) for _ in range(runs)]
            without, with_it = (statistics.median(pair[i] for pair in pairs) for i in (0, 1))
            ratio = statistics.median(b / a for a, b in pairs)
            print(f"| {name} | {without:.3f} s | {with_it:.3f} s | {ratio:.3f} |")


def hook(naq: Path, runs: int) -> None:
    print("\nthe hook on a commit with one changed file: own time, beyond the interpreter's start\n")
    print("| changed file | seconds |\n| --- | --- |")
    start = [naq / "python", "-c", "pass"]
    folder = CACHE / "hook"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(HERE.parent / "examples" / "unmanaged" / "queue" / "core.py", folder / "uses_nats.py")
    (folder / "unrelated.py").write_text("import os\n\n\ndef here() -> str:\n    return os.getcwd()\n")
    known = half_migrated_tree() / "known"
    for name, arguments in (
        ("unrelated to NATS", ["unrelated.py"]),
        ("uses NATS", ["uses_nats.py"]),
        ("uses NATS, with 10,000 known findings", ["uses_nats.py", "--baseline", known]),
    ):
        command = [naq / "flake8-naq", "check", *(folder / a if str(a).endswith(".py") else a for a in arguments)]
        interpreter, whole, _ = alternating(start, command, runs)
        print(f"| {name} | {whole.seconds - interpreter.seconds:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    runs: int = parser.parse_args().runs
    CACHE.mkdir(exist_ok=True)
    print(f"\nPython {sys.version.split()[0]}, {os.cpu_count()} cores, medians of {runs} runs")
    naq = installed()
    baseline(naq, runs)
    hook(naq, runs)


if __name__ == "__main__":
    main()
