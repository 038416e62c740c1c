"""Values that a tuple spreads over targets."""

from __future__ import annotations

import pytest

from flake8_naq.cfg.lower.operands import OTHER, Held, Operand, Several
from flake8_naq.cfg.values import Slot

A, B = Held(Slot(1)), Held(Slot(2))


@pytest.mark.parametrize(
    ("more", "count", "values"),
    [
        (False, 2, (A, B)),
        (False, 3, None),
        (False, 1, None),
        (True, 2, (A, B)),
        (True, 4, (A, B, OTHER, OTHER)),
        (True, 1, None),
    ],
)
def test_a_tuple_gives_each_target_a_value(more: bool, count: int, values: tuple[Operand, ...] | None) -> None:
    assert Several((A, B), more).spread(count) == values
