"""The `try` with a `finally` for a resource that no `with` can close: `reader, writer = await open_connection(...)`.

The release that the code has moves there as it is written, with its guard, and with the wait for its end.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from flake8_naq.catalogue.model import Resource
from flake8_naq.dataflow.verdict import Outcome, Verdict
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.model import CannotFix
from flake8_naq.fixer.releases import Release
from flake8_naq.syntax.tree import Place, Tree


def has_no_manager(resource: Resource) -> bool:
    """Whether only a `finally` can close the resource."""
    return not resource.manager and not resource.context_manager


def moved_release(tree: Tree, place: Place, removed: list[Release]) -> Release:
    """Return the release that moves to the finally: the last one that the block of the acquisition always reaches."""
    always = [one for one in removed if _is_reached(tree, place, one.unit)]
    if not always:
        raise CannotFix("none of its releases is always reached")
    return always[-1]


def _is_reached(tree: Tree, place: Place, unit: ast.stmt) -> bool:
    """Whether the release is a statement of the block, or of the finally of a try in it or around it."""
    around = tree.place(unit)
    outer = around.owner
    if around.field == "finalbody" and isinstance(outer, ast.Try):
        return outer is place.owner or outer in place.block
    return around.block is place.block


def without_loss(moved: Release, removed: list[Release]) -> list[Release]:
    """Return the releases without the caveats of a manager, and with one where another is not like what moves."""
    mine = _dumped(moved)
    found = []
    for one in removed:
        differs = f"line {one.call.lineno} closes it in another way than line {moved.call.lineno}"
        found.append(replace(one, caveats=() if _dumped(one) == mine else (differs,)))
    return found


def _dumped(release: Release) -> list[str]:
    unit = release.unit
    bodies = unit.body if isinstance(unit, ast.If) else [unit]
    return [ast.dump(one) for one in (*bodies, *release.waits)]


def close_in_finally(block: Block, verdict: Verdict) -> None:
    """Let the block be that of a `try`, with the release in its `finally`."""
    resource = verdict.summary.origin.resource
    unit = block.snapshot.unit_of(block.function)
    if block.final:
        lines = [*_moved_lines(block, unit)]
    elif verdict.outcome is Outcome.NEVER_CLOSED and "{owner}" not in resource.release:
        lines = [unit + resource.release_of(block.name)]
    else:
        raise CannotFix(f"'{resource.release_of(block.name)}' belongs in a finally")
    block.below, block.footer = "try:", ("finally:", *lines)


def _moved_lines(block: Block, unit: str) -> Iterator[str]:
    """Yield the lines of the release with the indentation that they have in the finally."""
    text, frozen = block.snapshot.text, block.snapshot.concrete.frozen_lines
    old = text.indent(block.final[0].lineno)
    for number in block.moved_lines():
        line = text.line(number)
        if number in frozen or not (text.is_blank(number) or line.startswith(old)):
            raise CannotFix(f"line {number} cannot be moved to a finally")
        yield "" if text.is_blank(number) else unit + line[len(old) :]
