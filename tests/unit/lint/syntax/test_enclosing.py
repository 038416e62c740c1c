"""In which function or class a line is."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.syntax.enclosing import MODULE, enclosing

CODE = """\
import nats

class Queue:
    url = ""

    async def enqueue(self):
        def inner():
            return 1
        if inner():
            try:
                pass
            except E:
                def handled(): pass
            else:
                def fine(): pass
            finally:
                def last(): pass
        match x:
            case 1:
                def matched(): pass

after = 1
"""


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (1, MODULE),
        (2, MODULE),
        (3, "Queue"),
        (4, "Queue"),
        (6, "Queue.enqueue"),
        (7, "Queue.enqueue.inner"),
        (8, "Queue.enqueue.inner"),
        (9, "Queue.enqueue"),
        (13, "Queue.enqueue.handled"),
        (15, "Queue.enqueue.fine"),
        (17, "Queue.enqueue.last"),
        (19, "Queue.enqueue"),
        (20, "Queue.enqueue.matched"),
        (21, MODULE),
        (22, MODULE),
        (99, MODULE),
    ],
)
def test_enclosing(line: int, name: str) -> None:
    assert enclosing(ast.parse(CODE), line) == name
