"""The next version of a file: its edits, the imports that these need, and which line became which."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from difflib import SequenceMatcher

from flake8_naq.edits.apply import Overlap, applied
from flake8_naq.edits.imports import Imports, imports_of
from flake8_naq.edits.model import CannotFix, Edit, Need
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.syntax.names import bound_name
from flake8_naq.syntax.text import Text
from flake8_naq.syntax.used_names import unused_locals, used_names


@dataclass(frozen=True, slots=True)
class Version:
    """The next version; `moved_comments` are comments of imports that stay, but not where they were."""

    snapshot: Snapshot
    moved_comments: tuple[str, ...] = ()


def next_version(before: Snapshot, edits: Collection[Edit], needs: Collection[Need] = ()) -> Version:
    """Return the file after the edits, its imports put in order; CannotFix where it would be broken."""
    try:
        middle = before.version(applied(before.concrete, list(edits)))
        after = _with_imports(before, middle, needs)
    except Overlap:
        raise CannotFix("its changes would overlap") from None
    except SyntaxError as error:
        raise CannotFix(f"the fixed file would not parse: line {error.lineno}: {error.msg}") from None
    for name in unused_locals(after.snapshot.module) - unused_locals(before.module):
        raise CannotFix(f"the variable '{name}' would be left unused")
    return after


def _with_imports(before: Snapshot, middle: Snapshot, needs: Collection[Need]) -> Version:
    used = used_names(middle.module)
    bound = {bound_name(alias) for node in imports_of(middle.module) for alias in node.names}
    unused = {name for name in bound & used_names(before.module) if name not in used}
    imports = Imports(middle)
    edits = imports.edits(needs, unused)
    if not edits:
        return Version(middle)
    # An import may have been used by what went with another.
    last = _with_imports(before, middle.version(applied(middle.concrete, edits)), ())
    return Version(last.snapshot, (*imports.moved_comments, *last.moved_comments))


def line_map(before: Text, after: Text) -> dict[int, int]:
    """Return where each line of the old text is in the new one, white space at its beginning aside."""
    old, new = [line.lstrip() for line in before.lines], [line.lstrip() for line in after.lines]
    found: dict[int, int] = {}
    for tag, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal" or (tag == "replace" and last - first == end - start):
            found.update(zip(range(first + 1, last + 1), range(start + 1, end + 1), strict=True))
    return found
