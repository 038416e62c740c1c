"""Code actions: a fix and a `# noqa` comment for each finding, and one action for all safe fixes."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import SequenceMatcher
from typing import NamedTuple

from lsprotocol import types

from flake8_naq.lsp import messages
from flake8_naq.lsp.checking import Checked, Checker
from flake8_naq.lsp.fixes import Fix, Fixes
from flake8_naq.lsp.positions import Positions
from flake8_naq.model import Finding

FIX_ALL = "source.fixAll.naq"
# Seconds that a client waits for what can be done at a place; what takes longer is worked out when it is chosen.
_PATIENCE = 0.03


class Shown(NamedTuple):
    """A text in an editor, with its findings; `encoding` is the unit of columns."""

    uri: str
    path: str
    checked: Checked
    encoding: str

    def edit(self, after: str) -> types.WorkspaceEdit:
        """Return the changes that give the document the text `after`."""
        return types.WorkspaceEdit(changes={self.uri: text_edits(self.checked.text, after, self.encoding)})

    def diagnostic(self, finding: Finding) -> types.Diagnostic:
        """Return the finding as the editor shows it."""
        return messages.diagnostic(finding, Positions(self.checked.lines, self.encoding), self.checked.rule_url)


class CodeActions:
    """Makes the code actions of texts. A thread plans their fixes; the changes of a slow fix are left out at first."""

    def __init__(self, checker: Checker) -> None:
        self._thread = ThreadPoolExecutor(1, "fix")
        self._fixes = Fixes(checker)
        self._planned: dict[tuple[str, str, Finding | None], asyncio.Future[Fix]] = {}

    def forget(self) -> None:
        """Plan the fixes again: a setting may have changed."""
        self._fixes.forget()

    def changed(self, uri: str) -> None:
        """Plan no fixes of a text that has changed."""
        for key in [key for key in self._planned if key[0] == uri]:
            self._planned.pop(key).cancel()

    async def at(self, shown: Shown, params: types.CodeActionParams, resolves: bool) -> list[types.CodeAction]:
        """Return the code actions for the findings in a range, and for all findings.

        `resolves`: the client asks for the changes of an action when the user chooses it.
        """
        only, found = params.context.only, list[types.CodeAction]()
        if wanted(types.CodeActionKind.QuickFix.value, only):
            findings = messages.at(shown.checked, shown.encoding, params.range)
            found += await self._quick_fixes(shown, findings, resolves)
            found += _silencers(shown, findings)
        if wanted(FIX_ALL, only):
            action = types.CodeAction("Fix all unmanaged connections", kind=FIX_ALL, data={"uri": shown.uri})
            if not resolves:
                await self.resolve(shown, action)
            found += [action] if resolves or action.edit else []
        return found

    async def resolve(self, shown: Shown, action: types.CodeAction) -> str:
        """Add the changes to an action that was made for the text; return the reason if there are none."""
        place = action.data.get("finding") if isinstance(action.data, dict) else None
        finding = next((one for one in shown.checked.findings if [one.code, one.line, one.column] == place), None)
        if place is not None and finding is None:
            return ""
        fix = await self._fix(shown, finding)
        if fix.text is not None and not fix.caveat:
            action.edit = shown.edit(fix.text)
            return ""
        if place is None:
            return ""
        return f"the fix is unsafe ({fix.caveat}); ask again to apply it" if fix.caveat else fix.reason

    async def _quick_fixes(self, shown: Shown, findings: list[Finding], resolves: bool) -> list[types.CodeAction]:
        """Return the fixes of these findings; a fix of several findings is offered once."""
        found: dict[object, types.CodeAction] = {}
        for finding in findings:
            fix = await self._fix(shown, finding, _PATIENCE if resolves else None)
            if fix.text is None and not (fix.later and finding.manager):
                continue
            new = types.CodeAction(title(finding, fix), kind=types.CodeActionKind.QuickFix)
            action = found.setdefault(fix.text or finding, new)
            action.diagnostics = [*(action.diagnostics or ()), shown.diagnostic(finding)]
            action.is_preferred = not fix.caveat
            if fix.text is not None:
                action.edit = shown.edit(fix.text)
            else:
                action.data = {"uri": shown.uri, "finding": [finding.code, finding.line, finding.column]}
        return list(found.values())

    async def _fix(self, shown: Shown, finding: Finding | None, patience: float | None = None) -> Fix:
        """Return the fix of a finding or of all findings, or that it is not ready."""
        known = self._fixes.known(shown.path, shown.checked, finding)
        if known is not None:
            return known
        key = (shown.uri, shown.checked.text, finding)
        work = self._planned.get(key)
        if work is None:
            loop = asyncio.get_running_loop()
            work = loop.run_in_executor(self._thread, self._fixes.of, shown.path, shown.checked, finding)
            self._planned[key] = work
            work.add_done_callback(lambda _: self._planned.pop(key, None))
        done, _ = await asyncio.wait([work], timeout=patience)
        if not done:
            return Fix(None, later=True)
        return Fix(None, "the text has changed") if work.cancelled() else work.result()


def _silencers(shown: Shown, findings: list[Finding]) -> list[types.CodeAction]:
    """Return the actions that add a `# noqa` comment for one of the findings."""
    found = []
    for finding in findings:
        text = silenced(shown.checked.text, finding)
        if text != shown.checked.text:
            action = types.CodeAction(
                f"Disable {finding.code} on this line", kind=types.CodeActionKind.QuickFix, is_preferred=False
            )
            action.diagnostics = [shown.diagnostic(finding)]
            action.edit = shown.edit(text)
            found.append(action)
    return found


def silenced(text: str, finding: Finding) -> str:
    """Return the text with a `# noqa` comment for the finding; the same text if none can be added."""
    from flake8_naq.syntax.noqa_comments import with_comments

    try:
        return with_comments(text, {finding.line: {finding.code}})
    except SyntaxError:
        return text


def title(finding: Finding, fix: Fix) -> str:
    """`Use nats_jetstream`, `Use 'async with'` for a manager of no package, or the name of the rule without a manager.

    What the fix may change besides is added.
    """
    manager = finding.manager
    text = f"Fix {finding.code} {finding.name}"
    if manager is not None and manager.suits:
        text = f"Use {manager.called}"
    elif manager is not None and manager.text:
        text = f"Use '{'async with' if manager.text.startswith('async ') else 'with'}'"
    return f"{text} (unsafe: {fix.caveat})" if fix.caveat else text


def text_edits(before: str, after: str, encoding: str) -> list[types.TextEdit]:
    """Return the changes from one text to another by lines, for all line ends."""
    old, new = _lines(before), _lines(after)
    positions = Positions(old, encoding)

    def at(line: int) -> types.Position:
        if line < len(old) or not old or old[-1][-1] in "\r\n":
            return types.Position(line, 0)
        return positions.at(len(old), len(old[-1]) + 1)  # the last line has no end

    return [
        types.TextEdit(types.Range(at(first), at(last)), "".join(new[start:end]))
        for tag, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]


def _lines(text: str) -> Sequence[str]:
    return list(io.StringIO(text, newline=""))


def wanted(kind: str, only: Sequence[str | types.CodeActionKind] | None) -> bool:
    """Return whether a client that asks for `only` these kinds wants this kind: a kind includes those below it."""
    return only is None or any(kind == one or kind.startswith(f"{one}.") for one in map(_name, only))


def _name(kind: str | types.CodeActionKind) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind
