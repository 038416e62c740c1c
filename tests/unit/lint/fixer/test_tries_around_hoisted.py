"""An acquisition that is the first statement of a try goes above it, so that the finally runs before the close."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from flake8_naq.edits.hoisted import hoisted
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.fixer.tries_around import rest_of_finally
from flake8_naq.project.settings import Settings
from flake8_naq.syntax.tree import Tree


def statement_of(module: ast.Module, text: str) -> ast.stmt:
    statements = (node for node in ast.walk(module) if isinstance(node, ast.stmt))
    return next(one for one in statements if ast.unparse(one) == text)


def rest_of(block: str) -> str | None:
    """What the finally does besides `nc.close()`, for the acquisition `nc = connect()`."""
    tree = Tree(ast.parse(f"async def f(xs):\n{indent(block, '    ')}\n"))
    units = {node for node in ast.walk(tree.module) if isinstance(node, ast.Expr) and ast.unparse(node) == "nc.close()"}
    found = rest_of_finally(tree, statement_of(tree.module, "nc = connect()"), set(units))
    return None if found is None else ast.unparse(found)


@pytest.mark.parametrize(
    ("block", "rest"),
    [
        ("try:\n    nc = connect()\n    xs()\nfinally:\n    done()\n    nc.close()", "done()"),
        ("try:\n    nc = connect()\n    xs()\nfinally:\n    one()\n    two()\n    nc.close()", "one()"),
        ("try:\n    nc = connect()\n    xs()\nfinally:\n    nc.close()\n    done()\n    nc.close()", "done()"),
        # Nothing but releases.
        ("try:\n    nc = connect()\n    xs()\nfinally:\n    nc.close()", None),
        ("try:\n    nc = connect()\n    xs()\nfinally:\n    nc.close()\n    nc.close()", None),
        # The release is not the last.
        ("try:\n    nc = connect()\n    xs()\nfinally:\n    nc.close()\n    done()", None),
        # The acquisition is not the first, is alone, or is not in the body.
        ("try:\n    xs()\n    nc = connect()\nfinally:\n    done()\n    nc.close()", None),
        ("try:\n    nc = connect()\nfinally:\n    done()\n    nc.close()", None),
        ("try:\n    xs()\nfinally:\n    nc = connect()\n    done()\n    nc.close()", None),
        ("nc = connect()\ntry:\n    xs()\nfinally:\n    done()\n    nc.close()", None),
        ("if xs:\n    nc = connect()\n    xs()", None),
        # Handlers and an else would no longer see what the acquisition raises.
        ("try:\n    nc = connect()\n    xs()\nexcept ValueError:\n    pass\nfinally:\n    done()\n    nc.close()", None),
        (
            "try:\n    nc = connect()\n    xs()\nexcept ValueError:\n    pass\nelse:\n    xs()\nfinally:\n    done()\n    nc.close()",
            None,
        ),
    ],
)
def test_rest_of_finally(block: str, rest: str | None) -> None:
    assert rest_of(block) == rest


def above(block: str) -> str | None:
    """The block with the acquisition above its try."""
    head = "async def f(xs):\n"
    snapshot = Snapshot(f"{head}{indent(block, '    ')}\n", Settings(), "-")
    found = hoisted(snapshot, statement_of(snapshot.module, "nc = connect()"))
    if found is None:
        return None
    lines = found.source.removeprefix(head).splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines)


REST = "    xs()\nfinally:\n    done()\n    nc.close()"


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        (f"try:\n    nc = connect()\n{REST}", f"nc = connect()\ntry:\n{REST}"),
        (f"try:\n    # why\n    nc = connect()  # how\n{REST}", f"# why\nnc = connect()  # how\ntry:\n{REST}"),
        (f"try:\n    nc = connect()\n\n{REST}", f"nc = connect()\ntry:\n{REST}"),
        (f"try:\n    nc = connect()\n\n    # of the next\n{REST}", f"nc = connect()\ntry:\n    # of the next\n{REST}"),
        (f"xs()\n\ntry:\n    nc = connect()\n{REST}\nxs()", f"xs()\n\nnc = connect()\ntry:\n{REST}\nxs()"),
        (f"try:\n    nc = connect()\n    one()  # noqa\n{REST}", f"nc = connect()\ntry:\n    one()  # noqa\n{REST}"),
        (f"try:  # noted\n    nc = connect()\n{REST}", None),
        (f"try:\n    nc = connect()  # noqa\n{REST}", None),
        (f"try:\n    # noqa\n    nc = connect()\n{REST}", None),
        ("try:\n    nc = connect(); xs()\nfinally:\n    done()\n    nc.close()", None),
    ],
)
def test_hoisted(block: str, expected: str | None) -> None:
    assert above(block) == expected


SEVERAL_LINES = """\
async def f(xs):
    try:
        nc = connect(
            1,
            '''
    s
''',
        )
        xs()
    finally:
        done()
        nc.close()
"""
SEVERAL_LINES_ABOVE = """\
async def f(xs):
    nc = connect(
        1,
        '''
    s
''',
    )
    try:
        xs()
    finally:
        done()
        nc.close()
"""


def test_an_acquisition_over_several_lines_keeps_its_shape_and_its_strings() -> None:
    snapshot = Snapshot(SEVERAL_LINES, Settings(), "-")
    found = hoisted(snapshot, statement_of(snapshot.module, "nc = connect(1, '\\n    s\\n')"))
    assert found is not None
    assert found.source == SEVERAL_LINES_ABOVE
