"""What becomes of the results of calls."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable

from flake8_naq.prescan.results import awaited_later, is_used_whole, plain_answers


def _function(body: str) -> ast.stmt:
    return ast.parse(f"async def f():\n{textwrap.indent(textwrap.dedent(body), '    ')}").body[0]


def _written(found: Iterable[ast.AST]) -> list[str]:
    return sorted(map(ast.unparse, found))


def test_awaited_later() -> None:
    function = _function("a = one()\nb = two()\nc = three()\nawait a\nawait g(b)\n")
    assert _written(awaited_later(function)) == ["one()", "two()"]


def test_plain_answers() -> None:
    function = _function(
        """
        await dropped()
        if await tested(): pass
        if not await negated(): pass
        if await left() == await right(): pass
        kept = await assigned()
        return await returned()
        """
    )
    asked = ["dropped()", "left()", "negated()", "right()", "tested()"]
    assert _written(plain_answers(function)) == asked


def test_the_answer_of_a_name_that_is_only_asked_or_shown() -> None:
    function = _function(
        """
        print(await shown())
        f"{await written()}"
        count = await counted()
        assert len(count) == 3
        if count: print(f"{count}")
        other = await given_on()
        print(other, other.name)
        taken, apart = await unpacked()
        print(taken)
        nested = await seen_inside()
        print(nested)
        def inner(): return nested
        global known
        known = await of_the_module()
        print(known)
        """
    )
    assert _written(plain_answers(function)) == ["counted()", "shown()", "written()"]


def test_a_name_that_is_only_asked_for_attributes_is_not_used_whole() -> None:
    uses = {"m.connect()": False, "m.__aenter__()": True, "use(m)": True, "m = 1": False, "pass": False}
    assert {use: is_used_whole("m", _function(use)) for use in uses} == uses
