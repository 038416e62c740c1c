"""A block plan and a header become text: lines move and disappear, and comments stay once."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from flake8_naq.edits.apply import applied
from flake8_naq.edits.model import CannotFix, Edit
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.block import Block
from flake8_naq.fixer.block_edits import block_plan
from flake8_naq.project.settings import Settings
from flake8_naq.syntax.text import Span

HEAD = "async def f(xs):\n"
ENTERED = "async with connect() as nc:"


class Written:
    """A block that begins at the statement `nc = connect()`, is entered as `ENTERED`, and loses each `nc.close()`."""

    def __init__(self, block: str, last: int | None = None, end: str = "\n") -> None:
        """`last`: how many statements are in the block; by default, all that follow."""
        self.snapshot = Snapshot(f"{HEAD}{indent(block, '    ')}{end}", Settings(), "-")
        [function] = self.snapshot.module.body
        assert isinstance(function, ast.AsyncFunctionDef)
        self._function = function
        statements = [node for node in ast.walk(function) if isinstance(node, ast.stmt)]
        acquiring = next(one for one in statements if ast.unparse(one).startswith("nc = connect("))
        place = self.snapshot.tree.place(acquiring)
        self.block = Block(self.snapshot, place, len(place.block) - 1 if last is None else place.index + last, "nc")
        self.block.removed.update(one for one in statements if ast.unparse(one) == "nc.close()")
        self.block.edits.append(Edit(*self.snapshot.text.span(acquiring), ENTERED))

    def after(self) -> str:
        edits = block_plan(self.block).edits
        lines = applied(self.snapshot.concrete, list(edits)).removeprefix(HEAD).splitlines(keepends=True)
        return "".join(line.removeprefix("    ") for line in lines)

    def span(self, text: str) -> Span:
        nodes = (node for node in ast.walk(self._function) if isinstance(node, ast.expr))
        return self.snapshot.text.span(next(one for one in nodes if ast.unparse(one) == text))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("nc = connect()\nxs()\nnc.close()\n", f"{ENTERED}\n    xs()\n"),
        ("nc = connect()\n\nxs()\n\nnc.close()\n", f"{ENTERED}\n    xs()\n"),
        ("nc = connect()\nxs()  # a\nnc.close()  # b\n", f"{ENTERED}\n    xs()  # a\n    # b\n"),
        ("nc = connect()\nif xs:\n    nc.close()\n", f"{ENTERED}\n    if xs:\n        pass\n"),
        ("nc = connect()\nx = '''\na\n'''\nnc.close()\n", f"{ENTERED}\n    x = '''\na\n'''\n"),
        ("nc = connect()\nxs(\n    1,\n)\nnc.close()\n", f"{ENTERED}\n    xs(\n        1,\n    )\n"),
        ("# of it\nnc = connect()  # here\nxs()\nnc.close()\n", f"# of it\n{ENTERED}  # here\n    xs()\n"),
    ],
)
def test_text(before: str, after: str) -> None:
    assert Written(before, end="").after() == after


def test_statements_after_the_block_stay() -> None:
    written = Written("nc = connect()\nxs()\nnc.close()\n\n# later\nxs()", last=2)
    assert written.after() == f"{ENTERED}\n    xs()\n\n# later\nxs()\n"


def test_a_comment_of_a_release_moves_with_a_caveat() -> None:
    written = Written("nc = connect()\nxs()\n\nnc.close()  # b\none()\ntwo()", last=2)
    assert written.after() == f"{ENTERED}\n    xs()\n    # b\n\none()\ntwo()\n"
    assert written.block.caveats == ["the comment '# b' would move away from its statement"]


def test_a_file_that_does_not_end_with_a_line_end() -> None:
    assert Written("nc = connect()\nxs()\nnc.close()  # b", end="").after() == f"{ENTERED}\n    xs()\n    # b"


def test_the_indentation_is_that_of_the_function() -> None:
    source = "async def f(xs):\n\tnc = connect()\n\txs()\n"
    snapshot = Snapshot(source, Settings(), "-")
    function = snapshot.module.body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    header = Edit(*snapshot.text.span(function.body[0]), ENTERED)
    block = Block(snapshot, snapshot.tree.place(function.body[0]), 1, "nc", edits=[header])
    assert applied(snapshot.concrete, list(block_plan(block).edits)) == f"async def f(xs):\n\t{ENTERED}\n\t\txs()\n"


def test_a_try_of_which_the_body_is_left() -> None:
    written = Written("nc = connect()\ntry:\n    # a\n    xs()\nfinally:\n    nc.close()\n", end="")
    [written.block.unwrapped] = [one for one in written.block.body if isinstance(one, ast.Try)]
    assert written.after() == f"{ENTERED}\n    # a\n    xs()\n"


def test_a_try_around_the_acquisition() -> None:
    written = Written("try:\n    nc = connect()\n    xs()\nfinally:\n    nc.close()\n", end="")
    owner = written.block.place.owner
    assert isinstance(owner, ast.Try)
    written.block.enclosing_try = written.block.unwrapped = owner
    assert written.after() == f"{ENTERED}\n    xs()\n"


def test_a_header_below_the_acquisition() -> None:
    written = Written("nc = connect()\nxs()\nnc.close()\n", end="")
    written.block.edits.clear()
    written.block.below = "async with nc:"
    assert written.after() == "nc = connect()\nasync with nc:\n    xs()\n"


def test_a_header_below_an_acquisition_takes_the_place_of_a_blank_line() -> None:
    written = Written("nc = connect()\n\nxs()\n", end="")
    written.block.edits.clear()
    written.block.below = "async with nc:"
    assert written.after() == "nc = connect()\nasync with nc:\n    xs()\n"


RETRIED = "    try:\n        nc = connect()\n    except ValueError:\n        raise\n"


@pytest.mark.parametrize(
    ("rest", "after"),
    [
        ("    xs()\n", "    async with nc:\n        xs()\n"),
        ("\n\n    xs()\n", "\n\n    async with nc:\n        xs()\n"),
    ],
)
def test_a_header_below_a_compound_statement(rest: str, after: str) -> None:
    snapshot = Snapshot(f"{HEAD}{RETRIED}{rest}", Settings(), "-")
    function = snapshot.module.body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    place = snapshot.tree.place(function.body[0])
    block = Block(snapshot, place, len(function.body) - 1, "nc", below="async with nc:")
    assert applied(snapshot.concrete, list(block_plan(block).edits)) == f"{HEAD}{RETRIED}{after}"


def test_an_acquisition_with_a_comment_inside_is_left() -> None:
    with pytest.raises(CannotFix, match=r"^the comment on line 3 is inside of the acquisition$"):
        Written("nc = connect(\n    # one\n    1,\n)\nxs()\nnc.close()\n", end="").after()


def test_other_edits_in_the_block_count_where_their_line_stays() -> None:
    written = Written("nc = connect()\nnc.flush()\njs = nc.view()\nnc.close()\n", end="")
    written.block.inner.append(Edit(*written.span("nc.view()"), "js2"))
    written.block.inner.append(Edit(*written.span("nc.close"), "wrong"))
    assert written.after() == f"{ENTERED}\n    nc.flush()\n    js = js2\n"


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("nc = connect()\nxs()  # noqa\nnc.close()", "line 3 is under noqa"),
        ("nc = connect()\nxs()\nnc.close()  # noqa", "line 4 is under noqa"),
        ("nc = connect()  # noqa\nxs()", "line 2 is under noqa"),
    ],
)
def test_refusals(block: str, reason: str) -> None:
    with pytest.raises(CannotFix) as raised:
        Written(block).after()
    assert str(raised.value) == reason


def test_noqa_outside_of_the_block_does_not_matter() -> None:
    written = Written("xs()  # noqa\nnc = connect()\nxs()\nnc.close()\nxs()  # noqa", last=2)
    assert written.after() == f"xs()  # noqa\n{ENTERED}\n    xs()\nxs()  # noqa\n"
