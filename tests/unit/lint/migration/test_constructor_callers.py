"""Calls of a class whose constructor takes a configuration by now."""

from __future__ import annotations

import pytest

from flake8_naq.migration.constructor_callers import changed_constructors, with_callers
from flake8_naq.project.settings import Settings

BEFORE = "class A:\n    def __init__(self, name, url):\n        self.url = url\n\n\nclass B:\n    def __init__(self, other):\n        pass\n"


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (BEFORE, BEFORE.replace("url", "config"), {"m.A": 1}),
        (BEFORE, BEFORE, {}),
        (f"\ufeff{BEFORE}", BEFORE.replace("url", "config"), {"m.A": 1}),
        (BEFORE.replace("url", "address"), BEFORE, {}),
        (
            "class A:\n    def __init__(self, *, url):\n        pass\n",
            "class A:\n    pass\n",
            {"m.A": 0},
        ),
        ("class A:\n    def url(self, url):\n        pass\n", "class A:\n    pass\n", {}),
        ("def A(url):\n    pass\n", "def A(config):\n    pass\n", {}),
    ],
)
def test_changed_constructors(before: str, after: str, found: dict[str, int]) -> None:
    assert changed_constructors(before, after, "m.py", "url") == found


CLASSES = {"m.A": 1}


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("A('n', nats_url='nats://a')", "A('n', config=Config.for_servers('nats://a'))"),
        ("A('n', 'nats://a')", "A('n', Config.for_servers('nats://a'))"),
        ("A('n')", None),
        ("A('n', *rest)", None),
        ("A('n', nats_url='nats://a')  # noqa", None),
        ("B('n', 'nats://a')", None),
    ],
)
def test_a_caller(call: str, after: str | None) -> None:
    source = f"from m import A\n\na = {call}\n"
    found = with_callers(source, "caller.py", Settings(), CLASSES)
    if after is None:
        assert found == source
    else:
        assert f"a = {after}\n" in found
        assert "from naq.config import Config\n" in found


def test_a_url_that_nothing_reads_any_more_goes() -> None:
    source = (
        "from m import A\n\n\nclass B:\n    def __init__(self, config):\n        self.config = config\n"
        "        self.url = self.config.nats.servers[0]\n        self.a = A('n', nats_url=self.config.nats.servers[0])\n"
    )
    found = with_callers(source, "caller.py", Settings(), CLASSES)
    assert (
        "        self.config = config\n        self.a = A('n', config=Config.for_servers(self.config.nats.servers[0]))\n"
        in found
    )


@pytest.mark.parametrize("change", [lambda text: text.replace("\n", "\r\n"), lambda text: f"\ufeff{text}"])
def test_files_that_are_left(change: object) -> None:
    assert callable(change)
    source = change("from m import A\n\na = A('n', nats_url='nats://a')\n")
    assert with_callers(source, "caller.py", Settings(), CLASSES) == source


def test_a_class_of_another_module_with_the_name() -> None:
    source = "from other import A\n\na = A('n', nats_url='nats://a')\n"
    assert with_callers(source, "caller.py", Settings(), CLASSES) == source
