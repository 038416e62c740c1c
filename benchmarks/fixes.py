"""What `flake8-naq fix` makes of a tree: the share of findings fixed, why the rest is left, what broke, the time.

`python benchmarks/fixes.py FOLDER...` reads any tree and writes nothing in it; `--diffs FOLDER` writes there what would
change. `make bench` runs it over `examples/unmanaged`.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import statistics
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from flake8_naq.engine import lint
from flake8_naq.fixer import fix_source
from flake8_naq.project.discovery import FILENAMES, find_files
from flake8_naq.project.flake8_options import Options
from flake8_naq.project.settings import Settings
from flake8_naq.report.unified_diff import patch
from flake8_naq.rules import all_rules
from flake8_naq.run.check_files import Job
from flake8_naq.run.first_look import candidates
from flake8_naq.run.fix_files import Fixed, FixJob, fix_one
from flake8_naq.run.run_modules import new_modules

EXAMPLES = Path(__file__).parent.parent / "examples" / "unmanaged"
HAVE_A_FIX = tuple(rule.code for rule in all_rules() if rule.fix is not None)
LIFETIME = ("NAQ101", "NAQ102", "NAQ103")


@dataclass(slots=True)
class Tree:
    """Both fixes of every file that has findings."""

    files: int = 0
    jobs: list[Job] = field(default_factory=list)
    safe: list[Fixed] = field(default_factory=list)
    every: list[Fixed] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def errors(self) -> list[Fixed]:
        return [one for one in self.every if one.error]


def read(folders: Sequence[str]) -> Tree:
    tree = Tree()

    def seen(files: int) -> None:
        tree.files = files

    modules = new_modules(Settings())
    for path, source, _, cells in candidates(find_files(folders, (), FILENAMES), modules, seen):
        if source is not None:
            tree.jobs.append(Job(path, source, Settings(), Options(), cells=cells))
    for job in tree.jobs:
        start = time.perf_counter()
        tree.safe.append(fix_one(FixJob(job, False)))
        spent = time.perf_counter() - start
        tree.every.append(fix_one(FixJob(job, True)))
        if tree.safe[-1].is_changed:
            tree.seconds.append(spent)
    return tree


# --- how much is fixed


def print_shares(tree: Tree) -> None:
    found = Counter(one.finding.code for fixed in tree.every for one in (*fixed.applied, *fixed.unfixed))
    safe = Counter(one.finding.code for fixed in tree.safe for one in fixed.applied)
    every = Counter(one.finding.code for fixed in tree.every for one in fixed.applied)
    print("| rule | findings | fixed, safe | fixed, all |\n| --- | --- | --- | --- |")
    for code in sorted(found):
        print(_row(code, found[code], safe[code], every[code]))
    for name, codes in (("NAQ101-103", LIFETIME), ("rules that have a fix", HAVE_A_FIX)):
        print(_row(name, *(sum(counts[code] for code in codes) for counts in (found, safe, every))))


def _row(name: str, found: int, safe: int, every: int) -> str:
    return f"| {name} | {found} | {_share(safe, found)} | {_share(every, found)} |"


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.0%})" if whole else "-"


def print_reasons(title: str, fixes: Iterable[Fixed]) -> None:
    """Why findings of the rules that have a fix are left, places and names taken out."""
    counts = Counter(
        _general(one.reason) for fixed in fixes for one in fixed.unfixed if one.finding.code in HAVE_A_FIX
    )
    print(f"\n| {title} | findings |\n| --- | --- |")
    for reason, count in counts.most_common():
        print(f"| {reason} | {count} |")


def _general(reason: str) -> str:
    reason = re.sub(r"lines? [\d, ]+\d|line \d+", "line N", reason)
    reason = re.sub(r"'(?:\\'|[^'])*'", "'...'", reason)
    return re.sub(r"^(it would leave NAQ\d+):.*", r"\1", reason)


# --- what may have broken


def faults(tree: Tree) -> Iterator[str]:
    """Every promise that a fix of this tree breaks."""
    for fixes, unsafe in ((tree.safe, False), (tree.every, True)):
        changed = [one for one in fixes if one.is_changed]
        for fixed in changed:
            yield from (f"{fixed.path}: {fault}" for fault in _text_faults(fixed, unsafe))
        yield from _ruff_faults(changed)


def _text_faults(fixed: Fixed, unsafe: bool) -> Iterator[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(fixed.after.removeprefix("\ufeff"))
    except SyntaxError as error:
        yield f"does not parse: {error}"
        return
    again = fix_source(fixed.after, unsafe=unsafe, path=fixed.path)
    if again.source != fixed.after:
        yield "the second run changes something more"
    texts = [text.removeprefix("\ufeff") for text in (fixed.before, fixed.after)]
    before, after = (Counter(one.code for one in lint(text, fixed.path)) for text in texts)
    new = after - before
    new["NAQ202"] -= sum(before[code] for code in (*LIFETIME, "NAQ109"))  # hidden by them
    for code in (+new).elements():
        yield f"has a new finding: {code}"


def _ruff_faults(changed: Sequence[Fixed]) -> Iterator[str]:
    """New findings of ruff (pyflakes' own rules), and files that it would format now and would not before."""
    with TemporaryDirectory() as folder:
        old, new = Path(folder, "old"), Path(folder, "new")
        for where, texts in ((old, [one.before for one in changed]), (new, [one.after for one in changed])):
            where.mkdir()
            for number, text in enumerate(texts):
                (where / f"{number}.py").write_bytes(text.encode())
        before, after = _checked(old), _checked(new)
        for number, fixed in enumerate(changed):
            for code in (after[number] - before[number]).elements():
                yield f"{fixed.path}: ruff finds a new {code}"
        for number in sorted(_unformatted(new) - _unformatted(old)):
            yield f"{changed[number].path}: ruff would format it now, and would not before"


def _checked(folder: Path) -> dict[int, Counter[str]]:
    found: dict[int, Counter[str]] = {int(path.stem): Counter() for path in folder.iterdir()}
    for row in json.loads(_ruff(folder, "check", "--select", "F", "--output-format", "json") or "[]"):
        found[int(Path(row["filename"]).stem)][row["code"] or "syntax error"] += 1
    return found


def _unformatted(folder: Path) -> set[int]:
    said = _ruff(folder, "format", "--check")
    return {int(Path(line.split(": ", 1)[1]).stem) for line in said.splitlines() if line.startswith("Would reformat: ")}


def _ruff(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "--no-cache", "."]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


# --- the rest


def print_time(tree: Tree) -> None:
    if not tree.seconds:
        return
    lines = [fixed.before.count("\n") for fixed in tree.safe if fixed.is_changed]
    slow = sorted(tree.seconds)[int(len(tree.seconds) * 0.95)]
    print(
        f"\ntime for each file that is fixed, safe fixes: median {statistics.median(tree.seconds) * 1000:.0f} ms, "
        f"95 % under {slow * 1000:.0f} ms ({len(tree.seconds)} files, median {statistics.median(lines):.0f} lines)"
    )


def write_diffs(tree: Tree, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, fixes in (("safe", tree.safe), ("all", tree.every)):
        with (folder / f"{name}.diff").open("wb") as file:
            for job, fixed in zip(tree.jobs, fixes, strict=True):
                file.writelines(patch(job.path, job.source, fixed.data or job.source))
    with (folder / "left.txt").open("w", encoding="utf-8") as rows:
        for fixed in tree.every:
            for one in fixed.unfixed:
                rows.write(f"{fixed.path}:{one.finding.line}: {one.finding.code} {one.reason}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="*", default=[str(EXAMPLES)])
    parser.add_argument("--diffs", type=Path)
    parsed = parser.parse_args()
    tree = read(parsed.folders)
    print(f"\nfixes of {len(tree.jobs)} files that mention a connection, of {tree.files}: {', '.join(parsed.folders)}")
    print()
    print_shares(tree)
    print_reasons("left by safe fixes", tree.safe)
    print_reasons("left by all fixes", tree.every)
    for fixed in tree.errors:
        print(f"{fixed.path}: {fixed.error}")
    found = list(faults(tree))
    print(*(f"fault: {one}" for one in found), sep="\n") if found else print("\nfaults: none")
    print_time(tree)
    if parsed.diffs:
        write_diffs(tree, parsed.diffs)


if __name__ == "__main__":
    main()
