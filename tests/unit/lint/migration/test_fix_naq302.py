"""NAQ302: an `__init__` that takes a Config in place of a URL, and the calls that give it a Config."""

from __future__ import annotations

import pytest

from flake8_naq.fixer import fix_source
from flake8_naq.migration.constructor_callers import changed_constructors, with_callers
from flake8_naq.project.settings import Settings, settings_from_table

IMPORT = "from naq.config import Config, get_config\nfrom naq.connection import nats_connection\n\n\n"
PLAIN = "from naq.connection import nats_connection\n\n\n"
SETTINGS = settings_from_table({})._replace(select=("NAQ302",))


def constructor(parameters: str, body: str, rest: str = "") -> str:
    lines = "".join(f"        {line}\n" for line in body.split("\n"))
    return f"class A:\n    def __init__({parameters}):\n{lines}{rest}"


def fixed(source: str) -> str:
    return fix_source(PLAIN + source, SETTINGS, unsafe=True).source


KEPT = "self.config = config or get_config()"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("self, nats_url", "self, config: Config | None = None"),
        ("self, nats_url: str = 'x'", "self, config: Config | None = None"),
        ("self, nats_url='x', other=1", "self, config: Config | None = None, other=1"),
        ("self, nats_url, other", "self, config: Config | None, other"),
        ("self, *, nats_url, other", "self, *, config: Config | None = None, other"),
        ("self, other, /, nats_url='x'", "self, other, /, config: Config | None = None"),
    ],
)
def test_the_parameter(before: str, after: str) -> None:
    assert fixed(constructor(before, "self.nats_url = nats_url")) == IMPORT + constructor(after, KEPT)


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("A('x')", "A(Config.for_servers('x'))"),
        ("A(nats_url='x')", "A(config=Config.for_servers('x'))"),
        ("A()", "A()"),
        ("A(1, 2)", "A(Config.for_servers(1), 2)"),
    ],
)
def test_calls_in_the_same_file(call: str, after: str) -> None:
    source = constructor("self, nats_url='u', *other", "self.nats_url = nats_url", f"\n\na = {call}\n")
    assert fixed(source).endswith(f"\n\na = {after}\n")


@pytest.mark.parametrize(
    "body",
    [
        "self.nats_url = nats_url or 'x'",
        "print(nats_url)\nself.nats_url = nats_url",
        "self.nats_url = nats_url\nprint(f'{nats_url}')",
        "self.nats_url = nats_url\nsuper().__init__(nats_url)",
        "self.nats_url = nats_url\nself.config = 1",
        "self.nats_url = nats_url\nnats_url = 1",
        "self.nats_url = nats_url\nprint(config)",
        "self.nats_url = nats_url  # noqa: E501",
    ],
)
def test_constructors_that_stay(body: str) -> None:
    source = constructor("self, nats_url", body)
    assert fixed(source) == PLAIN + source


def test_other_uses_read_the_attribute() -> None:
    source = constructor("self, nats_url", "self.url: str = nats_url\nprint(nats_url)", "        print(self.url)\n")
    body = f"{KEPT}\nself.url = self.config.nats.servers[0]\nprint(self.url)"
    after = constructor("self, config: Config | None = None", body, "        print(self.url)\n")
    assert fixed(source) == IMPORT + after


CLASSES = {"a.b.A": 0}


@pytest.mark.parametrize(
    ("call", "after"),
    [
        ("A('x')", "A(Config.for_servers('x'))"),
        ("A(nats_url=u)", "A(config=Config.for_servers(u))"),
        ("A(*u)", "A(*u)"),
        ("A('x')  # noqa", "A('x')  # noqa"),
        ("B('x')", "B('x')"),
    ],
)
def test_calls_in_other_files(call: str, after: str) -> None:
    source = f"from a.b import A\n\na = {call}\n"
    changed = with_callers(source, "c.py", Settings(), CLASSES)
    assert changed.endswith(f"\n\na = {after}\n")
    assert ("import Config" in changed) == (call != after)


def test_a_class_with_the_same_configuration_passes_it_on() -> None:
    source = (
        "from a.b import A\n\n\nclass C:\n    def f(self):\n        self.url = self.config.nats.servers[0]\n"
        "        return A(self.url)\n"
    )
    assert "return A(self.config)" in with_callers(source, "c.py", Settings(), CLASSES)


def test_which_constructors_changed() -> None:
    before = constructor("self, x, nats_url", "pass")
    after = constructor("self, x, config", "pass")
    assert changed_constructors(before, after, "m.py", "nats_url") == {"m.A": 1}
    assert changed_constructors(before, before, "m.py", "nats_url") == {}


def test_an_url_that_may_be_none_gives_no_config() -> None:
    source = (
        "class Part:\n    def __init__(self, nats_url: str | None = None):\n        self.nats_url = nats_url\n\n\n"
        "class Whole:\n    def __init__(self, nats_url: str | None = None):\n        self.nats_url = nats_url\n"
        "        self.part = Part(nats_url)\n\n\n"
        "def make(nats_url=None, *, other: str = ''):\n    return Part(nats_url), Part(other)\n"
    )
    after = fixed(source)
    assert "self.part = Part(self.config)" in after
    assert "return Part(Config.for_servers(nats_url) if nats_url else None), Part(" in after
    assert "Part(Config.for_servers(other) if other else None)" in after
