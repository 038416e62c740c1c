"""`# noqa` is read as flake8 reads it."""

from __future__ import annotations

import pytest

from flake8_naq.syntax.noqa import has_noqa, is_silenced


@pytest.mark.parametrize(
    ("comment", "silenced"),
    [
        ("", False),
        ("# noqa", True),
        ("# NoQA", True),
        ("#  noqa", False),
        ("# noqa: NAQ101", True),
        ("# noqa:NAQ101", True),
        ("# noqa: NAQ1", True),
        ("# noqa: E501,NAQ101", True),
        ("# noqa: E501, NAQ101", True),
        ("# noqa: NAQ102", False),
        ("# noqa: E501", False),
        ("# noqa: NAQ1011", False),
        ("# a reason # noqa: NAQ101", True),
        ("# says noqa", False),
    ],
)
def test_is_silenced(comment: str, silenced: bool) -> None:
    assert is_silenced(f"nc = await nats.connect()  {comment}\n", "NAQ101") is silenced


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("x = 1", False),
        ("x = 1  # noqa", True),
        ("x = 1  #noqa: E501", True),
        ("x = 1  # NOQA:NAQ101", True),
        ("noqa = 1", False),
        ("x = 1  # noqabc", False),
    ],
)
def test_has_noqa(line: str, found: bool) -> None:
    assert has_noqa(line) is found
