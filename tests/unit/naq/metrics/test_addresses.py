"""Addresses to listen on, as settings."""

from __future__ import annotations

import pytest

from naq.config import WorkerConfig
from naq.errors import ConfigError
from naq.settings.addresses import Address, parsed


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9400", ("127.0.0.1", 9400)),
        ("9400", ("127.0.0.1", 9400)),
        ("[::1]:0", ("::1", 0)),
        ("localhost:65535", ("localhost", 65535)),
        ("0.0.0.0:1", ("0.0.0.0", 1)),
    ],
)
def test_an_address_has_a_host_and_a_port(text: str, address: tuple[str, int]) -> None:
    assert parsed(text) == address
    assert parsed(str(Address(*address))) == address


@pytest.mark.parametrize(
    "text", ["", ":", "host", ":9400", "host:", "host:65536", "host:-1", "::1:9400", "[host]:1", "a b:1", "http://a:1", "h:²"]
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ConfigError, match=r"worker\.metrics|metrics: .*127\.0\.0\.1:9400"):
        WorkerConfig(metrics=text)


def test_a_port_in_a_file_may_be_a_number() -> None:
    assert WorkerConfig(metrics=9400, health="[::1]:80").metrics == "127.0.0.1:9400"
