"""Mutates a random sample of the linter's and the library's core, and counts the mutants that the tests notice.

`make mutants` runs it. The tests are collected and measured once; a mutant is a forked process, in which the mutated
function takes the place of the loaded one. It runs the tests that execute its line, those of the mirroring file first,
up to a budget; the survivors run a few slow tests more. Each process works on a copy of the tree in a temporary folder:
the work tree is never changed.

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
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import areas
from plugin import Outcome, Task
from sites import Mutation, function_lines, mutations
from slots import Slot, copy_tree, digest, preload

ROOT = Path(__file__).resolve().parent.parent.parent
EQUIVALENT = Path(__file__).with_name("equivalent.txt")
KEPT = ROOT / "build" / "mutants"
_MEASURE_LIMIT = 1800.0


class Known:
    """What is known of the sources as they are now, in a folder named for their content.

    An interrupted run goes on where it was: a mutant is not run a second time, the tests are not measured again.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "results.jsonl"
        self._folder = folder
        lines = self._file.read_text(encoding="utf-8").splitlines() if self._file.exists() else []
        self.results = {Mutation(*entry[:5]): str(entry[5]) for entry in map(json.loads, lines)}

    def add(self, job: Job) -> None:
        """Note the result of a mutant."""
        with self._file.open("a", encoding="utf-8") as output:
            output.write(json.dumps([*job.mutation, job.result, job.test]) + "\n")

    def measured(self, area: areas.Area) -> Path:
        return self._folder / f"measured-{area.name}.json"


@dataclass(slots=True)
class Mapping:
    """What was measured of an area's tests: the seconds of each, and by file and line the tests that run it."""

    times: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)
    present: list[str] = field(default_factory=list)

    def chosen(self, mutation: Mutation, budget: float, on_import: bool = False) -> dict[str, float]:
        """Return the tests that run the mutated line, the quickest ones up to `budget` seconds together.

        The tests in the file that mirrors the source come first. What runs `on_import` may be noticed by every test.
        """
        names = list(self.times) if on_import else self.lines.get(mutation.path, {}).get(mutation.line, [])
        present = set(self.present)
        mirrors = f"/test_{Path(mutation.path).stem}.py::"
        found: dict[str, float] = {}
        known = (name for name in names if name in self.times and name in present)
        for name in sorted(known, key=lambda name: (mirrors not in name, self.times[name])):
            budget -= self.times[name]
            if budget < 0 and found:
                break
            found[name] = self.times[name]
        return found


@dataclass(slots=True)
class Job:
    """A mutant on its way through the stages: the mapped tests, a test that failed once more, the last tests."""

    area: areas.Area
    mutation: Mutation
    original: str
    tests: dict[str, float] = field(default_factory=dict)
    last: list[str] = field(default_factory=list)
    doubted: str = ""
    result: str = ""
    test: str = ""


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
        known = Known(KEPT / digest([path for area in areas.AREAS for path in areas.sources(area, slots[0].folder)]))
        jobs = _sample(slots[0].folder, chosen, options)
        for job in jobs:
            job.result = known.results.get(job.mutation, "")
            if options.again and job.result == "survived":
                job.result = ""
        print(f"{len(jobs)} mutants, seed {options.seed}; {sum(bool(job.result) for job in jobs)} known", flush=True)
        for area in chosen:
            left = [job for job in jobs if job.area is area and not job.result]
            if left:
                _judge(slots, area, left, known, options)
    except KeyboardInterrupt:
        print("\ninterrupted; the same command goes on from here")
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
    parser.add_argument("--path", default="", help="only places whose `path:line:` contains this")
    parser.add_argument("--processes", type=int, default=2, help="mutants at a time (default: 2)")
    parser.add_argument("--budget", type=float, default=20.0, help="seconds of mapped tests for a mutant (default: 20)")
    parser.add_argument("--last", type=float, default=30.0, help="seconds of slow tests for a survivor (default: 30)")
    parser.add_argument("--again", action="store_true", help="run the survivors of an earlier run again")
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
        for text in [path.read_text(encoding="utf-8")]
        for mutation in mutations(str(path.relative_to(root)), text)
        if options.path in f"{mutation.path}:{mutation.line}:"
    ]
    random.Random(options.seed).shuffle(every)
    return list(islice((job for job in every if job.mutation.parses(job.original)), options.size))


def _judge(slots: list[Slot], area: areas.Area, jobs: list[Job], known: Known, options: argparse.Namespace) -> None:
    """Collect and measure the tests of an area, then take its mutants through the stages."""
    for slot in slots:
        slot.stop()
        modules = [areas.module(path, slot.folder) for path in areas.sources(area, slot.folder)]
        slot.serve(area.files(slot.folder), modules)
    present, *_ = [slot.collected() for slot in slots]
    if not present:
        print(slots[0].log("served")[-2000:])
        raise SystemExit(f"the tests of the {area.name} could not be collected")
    mapped = area.mapped_of(present, slots[0].folder)
    kept = known.measured(area)
    if not kept.exists():
        kept.write_text(json.dumps({"times": {}, "failed": [], "lines": {}}), encoding="utf-8")
    measured = json.loads(kept.read_text(encoding="utf-8"))
    if new := [name for name in mapped if name not in measured["times"]]:
        print(f"{area.name}: measuring {len(new)} tests ...", flush=True)
        _measure(slots, area, new, kept)
    mapping = _mapping(kept, mapped)
    print(f"{area.name}: {len(mapping.times)} tests in {sum(mapping.times.values()):.0f} s", flush=True)
    for job in jobs:
        on_import = job.mutation.line not in function_lines(job.original)
        job.tests = mapping.chosen(job.mutation, options.budget, on_import)
        job.last = area.last_of(present, job.mutation.path)
    _run_all(slots, jobs, known, options)


def _measure(slots: list[Slot], area: areas.Area, names: list[str], kept: Path) -> None:
    """Run tests once, unchanged, with coverage, a part of them in each slot; add to what was measured before.

    A test that fails here is never chosen.
    """
    outputs = [slot.folder / "measured.json" for slot in slots]
    files = list(dict.fromkeys(name.partition("::")[0] for name in names))
    for number, (slot, output) in enumerate(zip(slots, outputs, strict=True)):
        part = set(files[number :: len(slots)])
        own = [name for name in names if name.partition("::")[0] in part]
        sources = tuple(str(path) for path in areas.sources(area, slot.folder))
        slot.run(Task(own, _MEASURE_LIMIT, measured=sources, output=str(output)))
    before = json.loads(kept.read_text(encoding="utf-8"))
    times: dict[str, float] = before["times"]
    failed: list[str] = before["failed"]
    lines: dict[str, dict[str, list[str]]] = before["lines"]
    for slot, output in zip(slots, outputs, strict=True):
        while (outcome := slot.ended()) is None:
            time.sleep(0.05)
        if outcome.result != "passed" or not output.exists():
            print(slot.log("served")[-2000:])
            raise SystemExit(f"the tests could not be measured: {outcome.result}")
        data = json.loads(output.read_text(encoding="utf-8"))
        every = list(data["times"])
        times.update(data["times"])
        failed += data["failed"]
        for path, by_line in data["lines"].items():
            found = lines.setdefault(str(Path(path).relative_to(slot.folder)), {})
            for line, numbers in by_line.items():
                found.setdefault(line, []).extend(every[number] for number in numbers)
    kept.write_text(json.dumps({"times": times, "failed": failed, "lines": lines}), encoding="utf-8")


def _mapping(kept: Path, present: list[str]) -> Mapping:
    data = json.loads(kept.read_text(encoding="utf-8"))
    failed = set(data["failed"])
    times = {name: seconds for name, seconds in data["times"].items() if name not in failed}
    lines = {path: {int(line): names for line, names in by_line.items()} for path, by_line in data["lines"].items()}
    return Mapping(times, lines, present)


def _run_all(slots: list[Slot], jobs: list[Job], known: Known, options: argparse.Namespace) -> None:
    """Take every job through its stages, one in each slot at a time."""
    begin = time.monotonic()
    waiting = deque(jobs)
    running: dict[int, Job] = {}
    done = 0
    while waiting or running:
        for number, slot in enumerate(slots):
            while number not in running and waiting:
                job = waiting.popleft()
                slot.write(job.mutation.path, job.mutation.applied(job.original))
                if _start(slot, job, options):
                    running[number] = job
                else:  # no test runs it
                    job.result = "survived"
                    known.add(job)
            job_here = running.get(number)
            outcome = slot.ended() if job_here is not None else None
            if job_here is not None and outcome is not None and not _goes_on(slot, job_here, outcome, options):
                del running[number]
                slot.write(job_here.mutation.path, job_here.original)
                known.add(job_here)
                done += 1
                spent = time.monotonic() - begin
                print(f"{spent:6.0f} s {done:4}/{len(jobs)}  {job_here.result:9} {job_here.mutation}", flush=True)
        time.sleep(0.01)


def _start(slot: Slot, job: Job, options: argparse.Namespace) -> bool:
    """Start the tests that are left for a mutant: the mapped ones, then the last ones; whether there are some."""
    mutated = {
        "path": str(slot.folder / job.mutation.path),
        "before": job.original,
        "after": job.mutation.applied(job.original),
    }
    if job.doubted:
        slot.run(Task([job.doubted], 15.0 + 5 * job.tests.get(job.doubted, options.last), **mutated))
    elif job.tests:
        slot.run(Task(list(job.tests), 15.0 + 5 * sum(job.tests.values()), **mutated))
    elif job.last:
        slot.run(Task(job.last, 60.0 + 5 * options.last, options.last, **mutated))
    return bool(job.doubted or job.tests or job.last)


def _goes_on(slot: Slot, job: Job, outcome: Outcome, options: argparse.Namespace) -> bool:
    """Start what has to run after a result; return False where it is the last one, which the job has then.

    A test that fails is run a second time, as one that depends on time may fail by itself.
    """
    if outcome.result == "fresh":  # the last tests take too long there
        job.last = []
        slot.fresh(job.tests, 60.0 + 5 * sum(job.tests.values()))
        return True
    if outcome.result == "failed" and outcome.test != job.doubted and not outcome.test.startswith("("):
        job.doubted = outcome.test
        return _start(slot, job, options)
    if outcome.result == "passed":
        names = list(job.tests) if job.tests else job.last
        after = names.index(job.doubted) + 1 if job.doubted else len(names)
        job.tests = {name: job.tests[name] for name in names[after:]} if job.tests else {}
        if not job.tests and names is job.last:
            job.last = job.last[after:]
        job.doubted = ""
        if _start(slot, job, options):
            return True
    words = {"passed": "survived", "failed": "killed", "timeout": "killed by the time limit", "crashed": "killed"}
    job.result, job.test = words.get(outcome.result, outcome.result), outcome.test
    return False


def _report(jobs: list[Job], options: argparse.Namespace) -> int:
    """Print the share killed and the survivors; those that cannot be told from the original are counted apart."""
    ran = [job for job in jobs if job.result not in ("", "broken")]
    reasons = _equivalent()
    survivors = [job for job in ran if job.result == "survived"]
    equal = [job for job in survivors if _reason(job, reasons)]
    left = [job for job in survivors if not _reason(job, reasons)]
    counts: Counter[str] = Counter(job.area.name for job in ran)
    print(f"\n{len(ran)} mutants ({', '.join(f'{count} {name}' for name, count in counts.items())})")
    for job in sorted(left, key=lambda one: one.mutation):
        print(f"  survived    {job.mutation}")
    for job in sorted(equal, key=lambda one: one.mutation):
        print(f"  equivalent  {job.mutation}: {_reason(job, reasons)}")
    killed = len(ran) - len(survivors)
    judged = len(ran) - len(equal)
    share = 100 * killed / judged if judged else 0.0
    print(f"killed: {killed} of {judged} ({share:.1f} %); {len(equal)} equivalent, {len(left)} survived")
    return int(share < options.least)


def _reason(job: Job, reasons: dict[tuple[str, str, str], str]) -> str:
    """Return why the mutation changes nothing, "" where that is not known; the lines may have moved since."""
    mutation, text = job.mutation, job.original
    end = mutation.start + len(mutation.before)
    around = text[: mutation.start].rpartition("\n")[2], text[end:].partition("\n")[0]
    lines = [one.join(around) for one in (mutation.before, mutation.after)]
    pairs = [(mutation.before, mutation.after), (lines[0], lines[1])]
    keys = [(mutation.path, " ".join(before.split()), " ".join(after.split())) for before, after in pairs]
    return next((reasons[key] for key in keys if key in reasons), "")


def _equivalent() -> dict[tuple[str, str, str], str]:
    """Return the mutations that are known to change nothing, each with its reason, from `equivalent.txt`.

    A line of it is `path :: before :: after :: reason`; before and after are what is replaced, or all of its line.
    """
    found: dict[tuple[str, str, str], str] = {}
    for line in EQUIVALENT.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            path, before, after, reason = line.split(" :: ")
            found[path, before, after] = reason
    return found


if __name__ == "__main__":
    sys.exit(main())
