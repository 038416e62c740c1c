from __future__ import annotations

import pytest

from flake8_naq.rules.lifetime import several, with_article


@pytest.mark.parametrize(
    "words",
    ["a connection", "an engine", "an SSH client", "an HDF5 file", "a TLS socket", "a NATS client", "an object-store", "an AMQP channel"],
)
def test_a_resource_has_the_article_that_is_spoken(words: str) -> None:
    assert with_article(words.partition(" ")[2]) == words


@pytest.mark.parametrize(("kind", "plural"), [("connection", "connections"), ("process", "processes")])
def test_more_than_one_resource(kind: str, plural: str) -> None:
    assert several(kind) == plural
