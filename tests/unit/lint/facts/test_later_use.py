"""Which arguments are callbacks. What else is used later is tested with the fix that it keeps away: `test_outlives`."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.facts.later_use import is_callback


@pytest.mark.parametrize("name", ["cb", "callback", "error_cb", "message_handler", "handle", "on_message", "handle_it", "CB"])
def test_names_of_callbacks(name: str) -> None:
    assert is_callback(name, ast.Name("f"))
    assert not is_callback(name, ast.Constant(None))


@pytest.mark.parametrize("name", ["", "once", "handles", "cbs", "subject", "on"])
def test_other_names(name: str) -> None:
    assert not is_callback(name, ast.Name("f"))
