"""Checks files on all cores, and keeps errors apart from findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from flake8_naq.project.codes import off_by_default
from flake8_naq.project.flake8_options import Decider, Options
from flake8_naq.project.selection import Selection
from flake8_naq.project.settings import Settings
from flake8_naq.run.places import place
from flake8_naq.run.run_modules import load_analysis, modules_of
from flake8_naq.run.shared_work import shared_work

if TYPE_CHECKING:
    from flake8_naq.baseline.content import Key
    from flake8_naq.facts.module import ModuleFacts
    from flake8_naq.linking.analysed import Judged
    from flake8_naq.model import Finding
    from flake8_naq.rules.base import Reported
    from flake8_naq.syntax.notebook import Cells

T = TypeVar("T")
MAX_BYTES = 20_000_000
TOO_LARGE = f"larger than {MAX_BYTES // 1_000_000} MB"


class Result(NamedTuple):
    """What checking one file gave: findings, and the one line that says why it could not be checked, or not in full.

    `error_line` is the line that the error is about, 0 for none. `known` counts the findings that a baseline took
    out, `stale` the entries of the file that took none out. `cells` says where the lines of a notebook come from.
    """

    path: str
    findings: tuple[Finding, ...] = ()
    lines: tuple[str, ...] = ()
    error: str = ""
    known: int = 0
    stale: int = 0
    error_line: int = 0
    cells: Cells | None = None

    def place(self, line: int, column: int) -> str:
        """Return `line:column`, in a notebook `cell 3:line:column`."""
        return f"{place(line, self.cells)}:{column}"


class Job(NamedTuple):
    """One file that mentions a name of the catalogue.

    `known` is what the baseline has under its path; `plan_fixes` asks for the fix that each finding can have. `cache`
    is the folder in which findings are kept, empty for none, and `kept_as` their name there, once it is known. `early`
    is what was found when other files needed the analysis of this one.
    """

    path: str
    source: bytes
    settings: Settings
    options: Options
    known: tuple[Key, ...] = ()
    plan_fixes: bool = False
    cache: str = ""
    cells: Cells | None = None
    early: Judged | None = None
    kept_as: str = ""


def check_all(jobs: list[Job], processes: int | None = None) -> Iterator[Result]:
    """The results of all jobs, in their order."""
    # What is kept is looked up here: the files of a project depend on the same modules, which each process would read.
    known = [_without_analysis(job) for job in jobs]
    results = work_all(_check_anew, [one for one in known if isinstance(one, Job)], processes)
    for one in known:
        yield one if isinstance(one, Result) else next(results)


def work_all(work: Callable[[Job], T], jobs: list[Job], processes: int | None = None) -> Iterator[T]:
    """Return what `work`, a function of a module, gives for each job, in their order; on all cores where that pays."""
    return shared_work(work, jobs, sum(len(job.source) for job in jobs), processes, load_analysis)


class Examined(NamedTuple):
    """What is known of a file that could be parsed: all findings, and those that flake8 would report."""

    facts: ModuleFacts
    found: list[Reported]
    reported: list[Finding]


def check_one(job: Job) -> Result:
    """Lint one file; whatever is wrong with it becomes one line."""
    known = _without_analysis(job)
    return known if isinstance(known, Result) else _check_anew(known)


def _without_analysis(job: Job) -> Result | Job:
    """Return the result if an earlier run or the analysis of other files has given it, the job that is left if not."""
    if job.cache and not job.plan_fixes and len(job.source) <= MAX_BYTES and job.path != "-":
        from flake8_naq.run import result_cache

        modules = modules_of(job.settings)
        name = result_cache.name_of(job.source, job.path, _all_rules(job.settings), modules)
        kept = result_cache.load(job.cache, name, job.path, modules)
        return job._replace(kept_as=name) if kept is None else _of_judged(job, kept)
    if job.early is not None and not (job.plan_fixes and job.early.findings):
        return _of_judged(job, job.early)
    return job


def _check_anew(job: Job) -> Result:
    return _analyse_and_keep(job) if job.kept_as else _analyse(job)


def _analyse(job: Job) -> Result:
    examined = _examine_if_needed(job)
    return examined if isinstance(examined, Result) else _result(job, examined)


def _examine_if_needed(job: Job) -> Examined | Result:
    """Examine a file, unless it turns out to mention nothing that its modules give to it."""
    try:
        matters = modules_of(job.settings).matters(job.source, job.path)
    except Exception:  # `examine` says what is wrong
        matters = True
    return examine(job) if matters else Result(job.path)


def _analyse_and_keep(job: Job) -> Result:
    from flake8_naq.run import result_cache

    judged = _judge(job)
    if isinstance(judged, Result):
        return judged
    needed = modules_of(job.settings).digests.needed_for(job.source, job.path)
    result_cache.save(job.cache, job.kept_as, judged, needed)
    return _of_judged(job, judged)


def _judge(job: Job) -> Judged | Result:
    """Return what is found in a file; a Result with its error where that cannot be."""
    if job.early is not None:
        return job.early
    from flake8_naq.linking.analysed import NOTHING_FOUND, Judged

    examined = _examine_if_needed(job)
    if isinstance(examined, Result):
        return examined if examined.error else NOTHING_FOUND
    found, facts = tuple(one.finding for one in _within_cells(examined.found, job)), examined.facts
    return Judged(found, facts.unfollowed, facts.others.answers)


def _of_judged(job: Job, judged: Judged) -> Result:
    from flake8_naq.syntax.source import source_lines

    if not judged.findings:
        return _counted(job, [], [], judged.unfollowed)
    lines = source_lines(job.source)
    findings = _decider(job.options, job.settings.selection).reported(job.path, list(judged.findings), lines)
    return _counted(job, findings, lines, judged.unfollowed)


def _result(job: Job, examined: Examined) -> Result:
    result = _counted(job, examined.reported, examined.facts.lines, examined.facts.unfollowed)
    if job.plan_fixes and result.findings and job.cells is None:
        from flake8_naq.run.planned_fixes import with_planned_fixes

        found = with_planned_fixes(list(result.findings), examined.facts, job.settings, job.path)
        return result._replace(findings=tuple(found))
    return result


def _counted(job: Job, findings: list[Finding], lines: list[str], error: str) -> Result:
    """Return the result with those findings that the baseline does not know."""
    new = findings
    if job.known:
        from flake8_naq.baseline.ledger import new_findings

        new = new_findings(findings, lines, job.known)
    known = len(findings) - len(new)
    stale = len(job.known) - known
    shown = tuple(lines) if new else ()
    return Result(job.path, tuple(new), shown, error, known=known, stale=stale, cells=job.cells)


def examine(job: Job) -> Examined | Result:
    """Parse and analyse one file; a Result with its error where that cannot be."""
    if len(job.source) > MAX_BYTES:
        return _not_checked(job, f"not checked: {TOO_LARGE}")
    from flake8_naq.engine import module_facts, shown
    from flake8_naq.model import named_line
    from flake8_naq.syntax.source import SourceError, parse

    settings = _all_rules(job.settings)
    try:
        tree, lines = parse(_python(job), job.path)
    except SourceError as error:
        return _not_checked(job, str(error), error.line)
    try:
        name = job.cells.named if job.cells is not None else named_line
        facts = module_facts(tree, lines, job.path, settings, modules_of(job.settings), name)
        found = shown(facts, settings)
    except RecursionError:
        return _not_checked(job, "not checked: it is nested too deeply")
    except Exception as error:  # a mistake of ours must not hide what the other files have
        return _not_checked(job, f"not checked: a mistake in flake8-naq, please report it ({error!r})")
    reported = [one.finding for one in _within_cells(found, job)]
    if reported:
        reported = _decider(job.options, job.settings.selection).reported(job.path, reported, lines)
    return Examined(facts, found, reported)


def _all_rules(settings: Settings) -> Settings:
    """Return the settings with every rule on: what is reported of the findings is decided later."""
    return settings._replace(select=off_by_default())


def _not_checked(job: Job, why: str, line: int = 0) -> Result:
    return Result(job.path, error=why, error_line=line, cells=job.cells)


def _python(job: Job) -> bytes:
    """Return the text to parse. Raises SourceError for a cell of a notebook that does not parse."""
    if job.cells is None:
        return job.source
    from flake8_naq.syntax.notebook import python

    return python(job.source, job.cells)


def _within_cells(found: list[Reported], job: Job) -> list[Reported]:
    """Return the findings without those on resources that one cell of a notebook opens and another cell releases."""
    if job.cells is None:
        return found
    from flake8_naq.run.spanned_cells import spans_cells

    return [one for one in found if not spans_cells(one, job.cells)]


_deciders: dict[tuple[Options, Selection], Decider] = {}


def _decider(options: Options, selection: Selection) -> Decider:
    key = (options, selection)
    if key not in _deciders:
        _deciders[key] = Decider.of(options, selection)
    return _deciders[key]
