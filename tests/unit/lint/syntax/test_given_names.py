"""Texts that import a name for other modules only."""

from __future__ import annotations

import pytest

from flake8_naq.syntax.given_names import gives_on


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from shop import Cart", True),
        ("from shop.carts import Cart as Trolley", True),
        ("from shop import (\n    Other,\n    Cart,  # the cart\n)", True),
        ("from shop import Cart\n\n__all__ = [\"Cart\"]", True),
        ("try:\n    from shop import Cart\nexcept ImportError:\n    Cart = None", True),
        ("from shop import Cart\n\n\ndef pay(cart: Cart): ...", False),
        ("from shop import Cart as Trolley\n\nTrolley.pay()", False),
        ("from shop import Cart\n\nprint(Cart == 1)", False),
        ("from shop import Till", False),
        ("from store import Cart", False),
        ("from .shop import Cart", False),
        ("import shop", False),
    ],
)
def test_a_name_that_is_there_for_other_modules(text: str, expected: bool) -> None:
    assert gives_on(text.encode(), {b"shop"}, {b"Cart"}) is expected
