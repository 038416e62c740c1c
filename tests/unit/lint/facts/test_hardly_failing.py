"""Which failures leave nothing open, as they hardly ever happen."""

from __future__ import annotations

from typing import Any

import pytest

from flake8_naq.engine import lint
from flake8_naq.project.settings import settings_from_table

LINK: dict[str, Any] = {
    "name": "link",
    "acquire": ["shop.link"],
    "release-methods": ["close"],
    "views": ["cursor", "wait"],
    "final-loops": ["poll"],
}
CODE = """\
import shop

CARTS = []


def use():
    link = shop.link()
    cursor = link.cursor()
    try:
        print("in use")
    finally:
        {line}
        link.close()
"""


@pytest.mark.parametrize(
    ("keys", "line", "codes"),
    [
        ({"close-fails": False}, "cursor.close()", ["NAQ101"]),
        ({"close-fails": False}, "if len(CARTS): return cursor.close()", ["NAQ102"]),
        ({"close-fails": False}, "cursor.shut()", ["NAQ102"]),
        ({}, "cursor.close()", ["NAQ102"]),
        ({}, "link.poll()", ["NAQ101"]),
        ({"close-fails": False}, "link.poll()", ["NAQ101"]),
        ({}, "cursor.poll()", ["NAQ102"]),
        ({}, "link.tell()", ["NAQ102"]),
        ({}, "CARTS.server_close()", ["NAQ101"]),
        ({}, "CARTS.server_bind()", ["NAQ102"]),
        ({"close-fails": False, "final-loops": []}, "cursor.close()", ["NAQ101"]),
        ({"close-fails": False, "final-loops": []}, "link.poll()", ["NAQ102"]),
    ],
)
def test_what_hardly_fails_leaves_nothing_open(keys: dict[str, Any], line: str, codes: list[str]) -> None:
    settings = settings_from_table({"resource": [{**LINK, **keys}]})
    found = lint(CODE.format(line=line), "app.py", settings)
    assert [one.code for one in found if one.line == 7] == codes
