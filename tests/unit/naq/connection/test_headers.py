"""Which headers are encoded here, and which are left to nats-py."""

from __future__ import annotations

from typing import Any

import pytest

from naq.connection.headers import plain_headers


@pytest.mark.parametrize(
    ("headers", "encoded"),
    [
        ({}, b"NATS/1.0\r\n\r\n"),
        ({"A-1": "b c", "D": ""}, b"NATS/1.0\r\nA-1: b c\r\nD: \r\n\r\n"),
        ({"A": " b"}, None),
        ({"A": "b "}, None),
        ({"A": "b\n"}, None),
        ({"A": 1}, None),
        ({"a b": "c"}, None),
        ({"": "c"}, None),
    ],
)
def test_plain_headers(headers: dict[str, Any], encoded: bytes | None) -> None:
    assert plain_headers(headers) == encoded
