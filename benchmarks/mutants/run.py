"""Mutates a random sample of the linter's and the library's core, and counts the mutants that the tests notice.

`make mutants` runs it. A mutant runs the tests that execute its line, cheapest first, up to a budget; the survivors
run a few slow tests more. Each process works on a copy of the tree in a temporary folder: the work tree is never
changed.

Why not mutmut or cosmic-ray: mutmut replaces each function by a wrapper, which breaks the tables of functions and the
tests that read our sources, and takes neither a sample nor a seed; cosmic-ray runs one command for every mutant, which
takes minutes here.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import areas
from plugin import Choose, Measure
from sites import Mutation, mutations
from slots import Slot, copy_tree, preload

ROOT = Path(__file__).resolve().parent.parent.parent
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
_MEASURE_LIMIT = 1800.0
_LAST_LIMIT = 600.0


@dataclass(slots=True)
class Mapping:
    """What was measured of an area's tests: the seconds of each, and by file and line the tests that run it."""

    times: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)

    def chosen(self, mutation: Mutation, budget: float) -> dict[str, float]:
        """Return the tests that run the mutated line, the quickest ones up to `budget` seconds together."""
        names = self.lines.get(mutation.path, {}).get(mutation.line, [])
        if "" in names:  # run on import: every test may notice it
            names = list(self.times)
        found: dict[str, float] = {}
        for name in sorted((name for name in names if name in self.times), key=self.times.__getitem__):
            budget -= self.times[name]
            if budget < 0 and found:
                break
            found[name] = self.times[name]
        return found


@dataclass(slots=True)
class Job:
    """A mutant on its way through the stages: the mapped tests, then the last ones."""

    area: areas.Area
    mutation: Mutation
    original: str
    stage: int = 0
    result: str = ""


def main(arguments: list[str] | None = None) -> int:
    """Run it; the status is 1 where fewer mutants were killed than `--least` asks for."""
    options = _options(arguments)
    preload()
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    slots = [Slot(folder / f"copy{number}", areas.ENVIRONMENT) for number in range(options.processes)]
    jobs: list[Job] = []
    try:
        copy_tree(ROOT, slots[0].folder)
        for slot in slots[1:]:  # not from the work tree, which may have changed
            shutil.copytree(slots[0].folder, slot.folder)
        chosen = [area for area in areas.AREAS if options.area in ("", area.name)]
        jobs = _sample(slots[0].folder, chosen, options)
        print(f"{len(jobs)} mutants, seed {options.seed}; measuring the tests ...", flush=True)
        mappings = _measure(slots, chosen, options)
        _run_all(slots, jobs, mappings, options)
    except KeyboardInterrupt:
        print("\ninterrupted")
    finally:
        for slot in slots:
            slot.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return _report(jobs, options)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, default=300, help="number of mutants (default: 300)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample (default: 1)")
    parser.add_argument("--area", default="", choices=["", *(area.name for area in areas.AREAS)], help="one area only")
    parser.add_argument("--path", default="", help="only files whose path contains this text")
    parser.add_argument("--processes", type=int, default=2, help="mutants at a time (default: 2)")
    parser.add_argument("--budget", type=float, default=40.0, help="seconds of mapped tests for a mutant (default: 40)")
    parser.add_argument(
        "--least", type=float, default=0.0, help="status 1 below this share of killed mutants, in percent"
    )
    return parser.parse_args(arguments)


def _sample(root: Path, chosen: list[areas.Area], options: argparse.Namespace) -> list[Job]:
    """Return the mutants: each possible mutation of the areas is equally likely."""
    every = [
        Job(area, mutation, text)
        for area in chosen
        for path in areas.sources(area, root)
        if options.path in str(path.relative_to(root))
        for text in [path.read_text(encoding="utf-8")]
        for mutation in mutations(str(path.relative_to(root)), text)
    ]
    random.Random(options.seed).shuffle(every)
    return list(islice((job for job in every if job.mutation.parses(job.original)), options.size))


def _measure(slots: list[Slot], chosen: list[areas.Area], options: argparse.Namespace) -> dict[str, Mapping]:
    """Run the mapped tests of each area once, unchanged, with coverage."""
    mappings: dict[str, Mapping] = {}
    waiting = list(chosen)
    running: dict[str, Slot] = {}
    while waiting or running:
        for slot in slots:
            if waiting and slot not in running.values():
                area = waiting.pop()
                running[area.name] = slot
                _start_measuring(slot, area)
        for name, slot in list(running.items()):
            if slot.ended() is not None:
                del running[name]
                mappings[name] = _mapping(slot, slot.folder / "measured.json")
        time.sleep(0.05)
    return mappings


def _start_measuring(slot: Slot, area: areas.Area) -> None:
    sources = [str(path) for path in areas.sources(area, slot.folder)]
    output = slot.folder / "measured.json"
    slot.start(_arguments(area, slot), lambda: Measure(output, sources), _MEASURE_LIMIT)


def _arguments(area: areas.Area, slot: Slot) -> list[str]:
    left_out = ["-k", f"not ({area.left_out})"] if area.left_out else []
    return [*areas.tests(area.mapped, slot.folder), *left_out]


def _mapping(slot: Slot, output: Path) -> Mapping:
    if not output.exists():
        print(slot.folder.with_suffix(".log").read_text(encoding="utf-8")[-2000:])
        raise SystemExit("the tests could not be measured")
    data = json.loads(output.read_text(encoding="utf-8"))
    failed = set(data["failed"])
    times = {name: seconds for name, seconds in data["times"].items() if name not in failed}
    lines = {
        str(Path(path).relative_to(slot.folder)): {int(line): names for line, names in by_line.items()}
        for path, by_line in data["lines"].items()
    }
    print(f"  {len(times)} tests in {sum(times.values()):.0f} s; {len(failed)} fail or are skipped", flush=True)
    return Mapping(times, lines)


def _run_all(slots: list[Slot], jobs: list[Job], mappings: dict[str, Mapping], options: argparse.Namespace) -> None:
    """Take every job through its stages, one in each slot at a time."""
    begin = time.monotonic()
    waiting = iter(jobs)
    running: dict[int, Job] = {}
    while True:
        for number, slot in enumerate(slots):
            if number not in running and (job := _next(waiting, slot, mappings, options)) is not None:
                running[number] = job
        if not running:
            return
        for number, job in list(running.items()):
            result = slots[number].ended()
            if result is None:
                continue
            if result == "passed" and _start(slots[number], job, job.stage + 1, mappings, options):
                continue
            job.result = {"passed": "survived", "failed": "killed", "timeout": "killed by the time limit"}[result]
            slots[number].write(job.mutation.path, job.original)
            del running[number]
            done = sum(bool(one.result) for one in jobs)
            print(f"{time.monotonic() - begin:6.0f} s {done:4}/{len(jobs)}  {job.result:9} {job.mutation}", flush=True)
        time.sleep(0.02)


def _next(waiting: Iterator[Job], slot: Slot, mappings: dict[str, Mapping], options: argparse.Namespace) -> Job | None:
    """Start the next job in the slot; a mutant that no test runs has survived already."""
    for job in waiting:
        slot.write(job.mutation.path, job.mutation.applied(job.original))
        if _start(slot, job, 0, mappings, options):
            return job
        slot.write(job.mutation.path, job.original)
        job.result = "survived"
    return None


def _start(slot: Slot, job: Job, stage: int, mappings: dict[str, Mapping], options: argparse.Namespace) -> bool:
    """Start the first stage from `stage` on that has tests for the mutant; return whether there is one."""
    job.stage = stage
    if stage == 0:
        chosen = mappings[job.area.name].chosen(job.mutation, options.budget)
        if chosen:
            files = list(dict.fromkeys(name.partition("::")[0] for name in chosen))
            limit = 15.0 + 5 * sum(chosen.values())
            slot.start(["-x", *files], lambda: Choose(chosen), limit)
            return True
    last = areas.tests(job.area.last_of(job.mutation.path), slot.folder)
    if stage > 1 or not last:
        return False
    job.stage = 1
    slot.start(["-x", *last], object, _LAST_LIMIT)
    return True


def _report(jobs: list[Job], options: argparse.Namespace) -> int:
    """Print the share killed and the survivors; those that cannot be told from the original are counted apart."""
    ran = [job for job in jobs if job.result]
    reasons = _equivalent()
    survivors = [job for job in ran if job.result == "survived"]
    equal = [job for job in survivors if _key(job.mutation) in reasons]
    left = [job for job in survivors if _key(job.mutation) not in reasons]
    counts: Counter[str] = Counter(job.area.name for job in ran)
    print(f"\n{len(ran)} mutants ({', '.join(f'{count} {name}' for name, count in counts.items())})")
    for job in sorted(left, key=lambda one: one.mutation):
        print(f"  survived    {job.mutation}")
    for job in sorted(equal, key=lambda one: one.mutation):
        print(f"  equivalent  {job.mutation}: {reasons[_key(job.mutation)]}")
    killed = len(ran) - len(survivors)
    judged = len(ran) - len(equal)
    share = 100 * killed / judged if judged else 0.0
    print(f"killed: {killed} of {judged} ({share:.1f} %); {len(equal)} equivalent, {len(left)} survived")
    return int(share < options.least)


def _key(mutation: Mutation) -> tuple[str, str, str]:
    """Return what names a mutation also after lines were added above it."""
    return mutation.path, " ".join(mutation.before.split()), " ".join(mutation.after.split())


def _equivalent() -> dict[tuple[str, str, str], str]:
    """Return the mutations that are known to change nothing, each with its reason, from `equivalent.txt`.

    A line of it is `path :: before :: after :: reason`.
    """
    found: dict[tuple[str, str, str], str] = {}
    for line in EQUIVALENT.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            path, before, after, reason = line.split(" :: ")
            found[path, before, after] = reason
    return found


if __name__ == "__main__":
    sys.exit(main())
