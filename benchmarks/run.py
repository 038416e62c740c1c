"""Measures the linter side by side with the alternatives, in one run: medians, and ratios of medians.

`make bench` installs what is compared and runs this. Trees are copied to `benchmarks/.cache`, so that every tool reads
the same list of files; nothing is downloaded but packages from the index.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
PLUGIN = HERE.parent / "lint_plugin"
CACHE = HERE / ".cache"
BIN = Path(sys.executable).parent
PACKAGES = ["django", "sympy", "sqlalchemy", "networkx", "nltk", "scikit-learn", "pandas", "twisted"]
RULE = """\
id: opened
language: python
rule: {pattern: $NAME = await nats.connect($$$)}
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds (median) and peak memory in MB (largest) of one command."""

    seconds: float
    memory: float


def measure(command: Sequence[str | Path], runs: int, cwd: Path = CACHE, warm: bool = False) -> Measured:
    """Run the command *runs* times and, unless the caches are *warm*, once before; its exit code does not matter."""
    seconds: list[float] = []
    memory = 0.0
    for number in range(warm, runs + 1):
        start = time.perf_counter()
        process = subprocess.Popen(
            list(map(str, command)), cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        if number:
            seconds.append(time.perf_counter() - start)
            memory = max(memory, usage.ru_maxrss / 1024)
    return Measured(statistics.median(seconds), memory)


def alternating(
    first: Sequence[str | Path], second: Sequence[str | Path], runs: int
) -> tuple[Measured, Measured, float]:
    """Two commands by turns; the ratio is the median of the ratios of each turn, so that slow spells cancel out."""
    pairs = [(measure(first, 1, warm=turn > 0), measure(second, 1, warm=turn > 0)) for turn in range(runs)]
    ratio = statistics.median(b.seconds / a.seconds for a, b in pairs)
    columns = [
        Measured(statistics.median(p[i].seconds for p in pairs), max(p[i].memory for p in pairs)) for i in (0, 1)
    ]
    return columns[0], columns[1], ratio


def library_tree() -> Path:
    """Python's standard library, tests included."""
    return _copied("library", Path(sysconfig.get_path("stdlib")), lambda path: "site-packages" not in path.parts)


def packages_tree() -> Path:
    """A site-packages folder of more than 5,000 files."""
    tree = CACHE / "site-packages"
    if not tree.exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(tree), *PACKAGES]
        subprocess.run(command, check=True)
    return tree


def nats_tree() -> Path:
    """A tree in which every file uses NATS: nats-py itself and the by-hand examples, several times over."""
    tree = CACHE / "nats-users"
    if not tree.exists():
        import nats

        sources = [Path(nats.__file__).parent, HERE.parent / "examples" / "unmanaged"]
        for copy in range(6):
            for source in sources:
                for path in source.rglob("*.py"):
                    if b"nats" in path.read_bytes():
                        target = tree / f"copy{copy}" / source.name / path.relative_to(source)
                        target.parent.mkdir(parents=True, exist_ok=True)
                        shutil.copy(path, target)
    return tree


def _copied(name: str, source: Path, wanted: Callable[[Path], bool]) -> Path:
    tree = CACHE / name
    if not tree.exists():
        for path in source.rglob("*.py"):
            if wanted(path.relative_to(source)):
                target = tree / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    return tree


def plain_flake8() -> Path:
    """flake8 without the plugin, of the same version, in a separate environment."""
    return _environment("flake8-alone", f"flake8=={version('flake8')}") / "flake8"


def installed() -> Path:
    """Where the linter's commands are, installed as a user has it: built, compiled, not editable."""
    folder = _environment("flake8-with-naq", f"flake8=={version('flake8')}", f"{PLUGIN}[fix,terminal]")
    pip = [folder / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--force-reinstall", "--no-deps", str(PLUGIN)], check=True)
    return folder


def _environment(name: str, *packages: str) -> Path:
    """The folder of commands of an environment with *packages*, made where it is missing."""
    folder = CACHE / name
    if not folder.exists():
        venv.create(folder, with_pip=True)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *packages], check=True)
    return folder / "bin"


def count(tree: Path) -> tuple[int, int]:
    """Files and lines of a tree."""
    files = [path for path in tree.rglob("*.py") if path.is_file()]
    return len(files), sum(path.read_bytes().count(b"\n") for path in files)


def flake8_overhead(naq: Path, runs: int) -> None:
    print("\nflake8 with the plugin against flake8 without (-j1)\n")
    print("| tree | files | lines | without | with | ratio |\n| --- | --- | --- | --- | --- | --- |")
    # Two turns differ by some hundredths on a machine that has other work: the shorter ones are done more often.
    for name, tree, times in (("standard library", library_tree(), 1), ("every file uses NATS", nats_tree(), 3 * runs)):
        arguments = ["--isolated", "-j1", "-q", tree]
        without, with_plugin, ratio = alternating([plain_flake8(), *arguments], [naq / "flake8", *arguments], times)
        files, lines = count(tree)
        print(f"| {name} | {files} | {lines} | {without.seconds:.2f} s | {with_plugin.seconds:.2f} s | {ratio:.3f} |")


def check_against_others(naq: Path, runs: int) -> None:
    """Every tool reads the same files, by turns with ours, and none has kept anything of an earlier run.

    pylint is too slow for a whole tree, and gets one package, once. Our run with what the run before has kept is shown
    beside.
    """
    rule = CACHE / "rule.yml"
    rule.write_text(RULE)
    pylint = [BIN / "pylint", "--disable=all", "--enable=R1732", "--rcfile=/dev/null"]
    print("\nflake8-naq check against others, over the same files\n")
    print("| tree | files | tool | seconds | times ours | peak MB |\n| --- | --- | --- | --- | --- | --- |")
    for name, tree in (
        ("standard library", library_tree()),
        ("site-packages", packages_tree()),
        ("asyncio alone", library_tree() / "asyncio"),
    ):
        files, _ = count(tree)
        ours = [naq / "flake8-naq", "check", "--no-cache", tree]
        first, again, ratio = alternating(ours, [naq / "flake8-naq", "check", tree], runs)
        print(f"| {name} | {files} | flake8-naq check | {first.seconds:.3f} | 1.0 | {first.memory:.0f} |")
        kept = f"{again.seconds:.3f} | {ratio:.1f} | {again.memory:.0f}"
        print(f"| {name} | {files} | flake8-naq check, again | {kept} |")
        ruff = [BIN / "ruff", "check", "--isolated", "--no-cache", "--select", "SIM115", "-q", "--exclude", "", tree]
        others = {"ruff --select SIM115": ruff, "ast-grep scan": [BIN / "ast-grep", "scan", "--rule", rule, tree]}
        if name == "asyncio alone":
            others["pylint R1732"] = [*pylint, tree]
        for tool, command in others.items():
            _, other, ratio = alternating(ours, command, 1 if "pylint" in tool else runs)
            print(f"| {name} | {files} | {tool} | {other.seconds:.3f} | {ratio:.1f} | {other.memory:.0f} |")


def growth(naq: Path, runs: int) -> None:
    print("\nflake8-naq check as the number of files grows\n")
    print("| files | seconds | per 1,000 files |\n| --- | --- | --- |")
    files = sorted(str(path) for path in packages_tree().rglob("*.py"))
    for number in (250, 500, 1000, 2000, 4000):
        folder = CACHE / f"growth{number}"
        if not folder.exists():
            folder.mkdir()
            for index, path in enumerate(files[:number]):
                shutil.copy(path, folder / f"m{index}.py")
        seconds = measure([naq / "flake8-naq", "check", "--no-cache", folder], runs).seconds
        print(f"| {number} | {seconds:.3f} | {seconds / number * 1000:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs: int = parser.parse_args().runs
    CACHE.mkdir(exist_ok=True)
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, medians of {runs} runs")
    naq = installed()
    packages_tree()
    for tree in (library_tree(), nats_tree()):
        (tree / "pyproject.toml").touch()  # or the modules of this repository are beside its files, and are read, too
    check_against_others(naq, runs)
    growth(naq, runs)
    flake8_overhead(naq, runs)


if __name__ == "__main__":
    main()
