"""Three or more new blocks become an exit stack: when, how it is spelled, and that it does what the blocks did."""

from __future__ import annotations

from textwrap import indent

import pytest

from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer import fix_source
from flake8_naq.fixer.exit_stack import stack_plans
from flake8_naq.project.settings import settings_from_table
from lint.fixer.truth.difference import compared
from lint.fixer.truth.spelling import OPEN_FILES

SETTINGS = settings_from_table(OPEN_FILES)
THREE = "a = open(p)\nb = open(p)\nc = open(p)\n"
USED = "work(a)\nwork(b)\nwork(c)\n"
CLOSED = "c.close()\nb.close()\na.close()\n"


def module(body: str, imports: str = "from app import work\n\n\n", head: str = "def subject(p):") -> str:
    return f"{imports}{head}\n{indent(body, '    ')}"


def guarded(start: str = THREE, body: str = USED, end: str = CLOSED) -> str:
    return f"{start}try:\n{indent(body, '    ')}finally:\n{indent(end, '    ')}"


def fixed(source: str, unsafe: bool = False) -> str:
    return fix_source(source, SETTINGS, unsafe=unsafe).source


STACKED = (
    "with contextlib.ExitStack() as stack:\n"
    "    a = stack.enter_context(open(p))\n    b = stack.enter_context(open(p))\n    c = stack.enter_context(open(p))\n"
    "    work(a)\n    work(b)\n    work(c)\n"
)


def test_three_become_a_stack() -> None:
    assert fixed(module(guarded())) == module(STACKED, "import contextlib\nfrom app import work\n\n\n")


def test_two_stay_nested() -> None:
    body = guarded("a = open(p)\nb = open(p)\n", "work(a)\nwork(b)\n", "b.close()\na.close()\n")
    after = fixed(module(body))
    assert "ExitStack" not in after
    assert "    with open(p) as a:\n        with open(p) as b:\n            work(a)\n" in after


@pytest.mark.parametrize(
    ("imports", "spelled"),
    [
        ("import contextlib as c\n", "c.ExitStack"),
        ("from contextlib import ExitStack\n", "ExitStack"),
        ("from contextlib import ExitStack as Stack\n", "Stack"),
        ("from contextlib import closing\n", "contextlib.ExitStack"),
    ],
)
def test_the_class_is_spelled_as_the_file_imports_it(imports: str, spelled: str) -> None:
    after = fixed(module(guarded(), f"{imports}from app import work\n\n\n"))
    assert f"    with {spelled}() as stack:\n" in after
    assert ("import contextlib\n" in after) == spelled.startswith("contextlib")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("def subject(p, stack):", "exit_stack"),
        ("def subject(p, stack, exit_stack):", "opened"),
        ("def subject(p):", "stack"),
    ],
)
def test_the_stack_gets_a_free_name(head: str, name: str) -> None:
    assert f" as {name}:\n" in fixed(module(guarded(), head=head))


def test_without_a_free_name_they_stay_nested() -> None:
    after = fixed(module(guarded(), head="def subject(p, stack, exit_stack, opened):"))
    assert "ExitStack" not in after
    assert "            with open(p) as c:\n" in after


def test_without_a_free_name_there_is_no_plan() -> None:
    source = "with a() as stack:\n    with b() as exit_stack:\n        with c() as opened:\n            work()\n"
    assert list(stack_plans(Snapshot(source, SETTINGS, "-"), "")) == []


def test_a_block_of_the_author_stays() -> None:
    body = f"with open(p, 'w') as d:\n{indent(guarded(), '    ')}"
    after = fixed(module(body))
    assert "    with open(p, 'w') as d:\n        with contextlib.ExitStack() as stack:\n            a = stack." in after


def test_two_new_ones_in_a_block_of_the_author_stay_nested() -> None:
    two = guarded("a = open(p)\nb = open(p)\n", "work(a)\nwork(b)\n", "b.close()\na.close()\n")
    assert "ExitStack" not in fixed(module(f"with open(p, 'w') as d:\n{indent(two, '    ')}"))


def test_work_in_between_keeps_the_blocks() -> None:
    body = guarded("a = open(p)\nwork(a)\nb = open(p)\nwork(b)\nc = open(p)\n")
    assert "ExitStack" not in fixed(module(body), unsafe=True)


def test_strings_of_several_lines_and_deeper_blocks_keep_their_form() -> None:
    text = '"""\n  x\n        y\n"""'
    body = "if work(a, 'TEXT'):\n    for one in b:\n        work(c)\n"
    after = fixed(module(guarded(body=body)).replace("'TEXT'", text))
    assert f"        if work(a, {text}):\n            for one in b:\n                work(c)\n" in after


@pytest.mark.parametrize(
    ("inner", "stacked"),
    [
        ("with c() as z:\n            work()\n", True),
        ("with c() as z: work()\n", False),
        ("with c(\n        ) as z: work()\n", False),
    ],
)
def test_a_block_that_shares_a_line_with_its_body_stays(inner: str, stacked: bool) -> None:
    source = f"with a() as x:\n    with b() as y:\n        {inner}"
    assert bool(list(stack_plans(Snapshot(source, SETTINGS, "-"), ""))) is stacked


def test_a_second_run_changes_nothing() -> None:
    after = fixed(module(guarded()), unsafe=True)
    assert fixed(after, unsafe=True) == after


def test_two_functions_get_a_stack_each() -> None:
    one = module(guarded())
    after = fixed(f"{one}\n\n{module(guarded(), imports='', head='def other(p):')}")
    assert after.count("contextlib.ExitStack()") == 2
    assert after.count("import contextlib\n") == 1


RUN = [
    THREE + USED + CLOSED,
    guarded(),
    guarded(body="if work(a):\n    return b.read()\nwork(c)\n"),
    guarded(body="for one in work(a):\n    if one:\n        break\n    b.read()\nelse:\n    raise ValueError\n"),
]


@pytest.mark.parametrize("body", RUN)
def test_what_runs_is_the_same_whatever_fails(body: str) -> None:
    before = module(body)
    after = fixed(before)
    assert "ExitStack() as stack" in after
    result = compared(before, after, frozenset({5, 6, 7}) if body.startswith("a = ") else frozenset())
    assert result.complete
    assert str(result.difference or "") == ""


def test_the_harness_sees_another_order() -> None:
    before = module(guarded())
    line = "        a = stack.enter_context(open(p))\n"
    after = fixed(before).replace(line, "").replace("        work(a)\n", f"{line}        work(a)\n")
    assert compared(before, after).difference is not None
