"""Fixes one file to a fixed point: one fix at a time, kept only if the file still parses and has no new finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from flake8_naq.fixer.apply import Overlap, applied, overlap
from flake8_naq.fixer.exit_stack import stack_plans
from flake8_naq.fixer.fix_naq302 import stale_urls
from flake8_naq.fixer.imports import Imports, imports_of
from flake8_naq.fixer.model import Applied, CannotFix, Edit, Plan, Unfixed, UnsafeOnly, moved_comment_caveat
from flake8_naq.fixer.planner import plan_for, share_fix
from flake8_naq.fixer.snapshot import Snapshot
from flake8_naq.model import Finding, FixSafety
from flake8_naq.syntax.names import bound_name
from flake8_naq.syntax.text import Text
from flake8_naq.syntax.used_names import unused_locals, used_names

FindingFilter = Callable[[list[Finding], list[str]], list[Finding]]
Codes = Counter[tuple[str, str]]
_DEPTH = 4
_ROUNDS = 50


@dataclass(slots=True)
class Item:
    """A finding of the text before, and the same finding in the current text."""

    original: Finding
    current: Finding
    reason: str = ""
    caveat: str = ""

    def refuse(self, refusal: CannotFix) -> None:
        self.reason, self.caveat = str(refusal), refusal.caveat


@dataclass(slots=True)
class Session:
    """The state of fixing one file."""

    snapshot: Snapshot
    wanted: FindingFilter
    items: list[Item] = field(default_factory=list)
    gone: list[Applied] = field(default_factory=list)
    first: Snapshot = field(init=False)

    def __post_init__(self) -> None:
        self.first = self.snapshot

    def start(self) -> None:
        findings = self.wanted(self.snapshot.findings, self.snapshot.lines)
        self.items = [Item(finding, finding) for finding in findings]

    def run(self, unsafe: bool) -> None:
        """Fix what can be fixed, until nothing changes any more."""
        for _ in range(_ROUNDS):
            if not self._round(unsafe):
                return

    def _round(self, unsafe: bool) -> bool:
        """Plan all remaining findings on the current text, and apply the plans that do not conflict.

        What got in the way of something that then could not be applied has its turn after it.
        """
        waiting = list(self.items)
        while waiting:
            batch, waiting = self._batch(waiting, unsafe)
            if self._fix_all(batch, unsafe):
                return True
        return False

    def _batch(self, items: list[Item], unsafe: bool) -> tuple[list[Item], list[Item]]:
        """Items of different functions whose edits do not overlap, and those that have to wait for them."""
        batch: list[Item] = []
        waiting: list[Item] = []
        edits: set[Edit] = set()
        functions: set[str] = set()
        for item in items:
            plan = self._planned(item, unsafe)
            if plan is None:
                continue
            if batch and (item.current.function in functions or overlap(edits | set(plan.edits))):
                waiting.append(item)
                continue
            edits |= set(plan.edits)
            functions.add(item.current.function)
            batch.append(item)
        return batch, waiting

    def _planned(self, item: Item, unsafe: bool) -> Plan | None:
        try:
            plan = plan_for(self.snapshot, item.current)
            if plan.caveats and not unsafe:
                raise UnsafeOnly(plan.caveats[0])
        except CannotFix as refusal:
            item.refuse(refusal)
            return None
        return plan

    def _fix_all(self, batch: list[Item], unsafe: bool) -> bool:
        """Apply the fixes of different functions together; where that goes wrong, in two halves."""
        plans = [(item, plan) for item in batch if (plan := self._planned(item, unsafe)) is not None]
        if not plans:
            return False
        together = Plan(
            tuple({edit for _, plan in plans for edit in plan.edits}),
            frozenset(need for _, plan in plans for need in plan.needs),
        )
        try:
            after = self._attempt(self.snapshot, together, unsafe, _DEPTH)
        except CannotFix as refusal:
            if len(plans) == 1:
                plans[0][0].refuse(refusal)
                return False
            middle = len(plans) // 2
            first = self._fix_all([item for item, _ in plans[:middle]], unsafe)
            rest = [item for item, _ in plans[middle:] if any(one is item for one in self.items)]
            return self._fix_all(rest, unsafe) or first
        self._advance(after, [item for item, _ in plans], FixSafety.UNSAFE if unsafe else FixSafety.SAFE)
        return True

    def _attempt(self, before: Snapshot, plan: Plan, unsafe: bool, depth: int) -> Snapshot:
        """The file after the plan and whatever it entails; CannotFix where that is not right."""
        after = changed(before, plan, unsafe)
        fresh = after.codes - before.codes
        while fresh:
            finding, follow = self._follow(after, fresh, unsafe, depth)
            later = self._attempt(after, follow, unsafe, depth - 1)
            remaining = later.codes - before.codes
            if sum(remaining.values()) >= sum(fresh.values()):
                raise CannotFix(f"it would leave {finding.code} on line {finding.line}")
            after, fresh = later, remaining
        # A finding that is gone where the analysis hits its state limit may only be hidden.
        for name in after.facts.imprecise_acquisitions - before.facts.imprecise_acquisitions:
            raise CannotFix(f"'{name}' has too many paths to verify this fix")
        return after

    def _follow(self, after: Snapshot, fresh: Codes, unsafe: bool, depth: int) -> tuple[Finding, Plan]:
        """A fix for a finding that a fix has made."""
        reason = ""
        for finding in after.findings:
            if (finding.code, finding.function) in fresh:
                try:
                    plan = plan_for(after, finding)
                except CannotFix as refusal:
                    reason = reason or f"it would leave {finding.code}: {refusal}"
                    continue
                if depth > 0 and (unsafe or not plan.caveats):
                    return finding, plan
                reason = reason or f"it would leave {finding.code}: {finding.message}"
        raise CannotFix(reason or f"it would leave {next(iter(fresh))[0]}")

    def _advance(self, after: Snapshot, fixed: list[Item], safety: FixSafety) -> None:
        """Find the findings that remain in the new text; those that are not there any more are fixed."""
        lines = _line_map(self.snapshot.text, after.text)
        self.snapshot = after
        available = list(self.wanted(after.findings, after.lines))
        unfixed = [one for one in self.items if not any(one is item for item in fixed)]
        found: dict[int, Finding] = {}
        for match in (_same, _match):  # what has stayed as it was comes first
            for number, one in enumerate(unfixed):
                now = match(one, available, lines) if number not in found else None
                if now is not None:
                    available.remove(now)
                    found[number] = one.current = now
        remaining = [one for number, one in enumerate(unfixed) if number in found]
        gone = [one for one in self.items if not any(one is item for item in remaining)]
        self.gone += (Applied(one.original, safety) for one in gone)
        self.items = remaining

    def finish(self, before: str) -> None:
        """Take away what the fixes made and do not need any more; break the import lines that have become too long."""
        snapshot = self.snapshot
        stale = stale_urls(snapshot, before)
        if stale:
            snapshot = self.snapshot = snapshot.version(applied(snapshot.concrete, stale))
        while (stacked := self._stacked(before)) is not None:
            snapshot = self.snapshot = stacked
        edits = Imports(snapshot).wrapped(before.split("\n"))
        if edits:
            self.snapshot = snapshot.version(applied(snapshot.concrete, edits))

    def _stacked(self, before: str) -> Snapshot | None:
        """Return the file with one nest of new blocks as an exit stack; None where there is none that can be one."""
        for plan in stack_plans(self.snapshot, before) if self.snapshot.source != before else ():
            with suppress(CannotFix):
                after = changed(self.snapshot, plan, unsafe=False)
                if not after.codes - self.snapshot.codes:
                    return after
        return None

    @property
    def unfollowed(self) -> str:
        return self.snapshot.facts.unfollowed

    def unfixed(self) -> tuple[Unfixed, ...]:
        return tuple(
            Unfixed(item.original, item.reason, item.caveat, item.current, self._reason_before(item))
            for item in self.items
        )

    def _reason_before(self, item: Item) -> str:
        """Return the reason with the lines of the text before, where the finding is left there for a like reason."""
        if self.snapshot is self.first:
            return item.reason
        try:
            plan = plan_for(self.first, item.original)
        except CannotFix as refusal:
            return item.reason if item.caveat else str(refusal)
        return str(UnsafeOnly(plan.caveats[0])) if item.caveat and plan.caveats else item.reason


def _same(item: Item, available: list[Finding], lines: dict[int, int]) -> Finding | None:
    """Return the same finding where its line and its message are as they were; of several, the nearest."""
    line, before = lines.get(item.current.line), item.current
    same = [one for one in available if (one.code, one.message, one.line) == (before.code, before.message, line)]
    return min(same, key=lambda one: abs(one.column - before.column), default=None)


def _match(item: Item, available: list[Finding], lines: dict[int, int]) -> Finding | None:
    """The same finding in the new text: the same code on the line that the old one became, else the nearest.

    Which of the codes that share a fix an acquisition has may change with what else is fixed.
    """
    code = item.current.code
    line = lines.get(item.current.line)
    same = [one for one in available if one.code == code]
    if not any(one.line == line for one in same):
        same = [one for one in available if share_fix(one.code, code)]
    exact = [one for one in same if one.line == line]
    if not exact:
        exact = [one for one in same if (one.message, one.function) == (item.current.message, item.current.function)]
    return min(exact, key=lambda one: abs(one.column - item.current.column), default=None)


def _line_map(before: Text, after: Text) -> dict[int, int]:
    """Where each line of the old text is in the new one, white space at its beginning aside."""
    old, new = [line.lstrip() for line in before.lines], [line.lstrip() for line in after.lines]
    found: dict[int, int] = {}
    for tag, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal" or (tag == "replace" and last - first == end - start):
            found.update(zip(range(first + 1, last + 1), range(start + 1, end + 1), strict=True))
    return found


def changed(before: Snapshot, plan: Plan, unsafe: bool) -> Snapshot:
    """The file after a plan, its imports put in order; CannotFix where it would be broken."""
    try:
        source = applied(before.concrete, list(plan.edits))
        middle = before.version(source)
        after = _with_imports(before, middle, plan, unsafe)
    except Overlap:
        raise CannotFix("its changes would overlap") from None
    except SyntaxError as error:
        raise CannotFix(f"the fixed file would not parse: line {error.lineno}: {error.msg}") from None
    for name in unused_locals(after.module) - unused_locals(before.module):
        raise CannotFix(f"the variable '{name}' would be left unused")
    return after


def _with_imports(before: Snapshot, middle: Snapshot, plan: Plan, unsafe: bool) -> Snapshot:
    used = used_names(middle.module)
    bound = {bound_name(alias) for node in imports_of(middle.module) for alias in node.names}
    unused = {name for name in bound & used_names(before.module) if name not in used}
    imports = Imports(middle)
    edits = imports.edits(plan.needs, unused)
    if not edits:
        return middle
    if imports.moved_comments and not unsafe:
        raise UnsafeOnly(moved_comment_caveat(imports.moved_comments[0]))
    after = middle.version(applied(middle.concrete, edits))
    return _with_imports(before, after, Plan(()), unsafe)  # an import may have been used by what went with another


def new_session(snapshot: Snapshot, wanted: FindingFilter) -> Session:
    """Return a session that starts with this version of a file."""
    session = Session(snapshot, wanted)
    session.start()
    return session
