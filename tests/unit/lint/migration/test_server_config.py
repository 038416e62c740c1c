"""Which configuration a fix gives to the manager: another server than before is never a safe fix."""

from __future__ import annotations

import pytest

from lint.fixer.fixing import NAQ_IMPORT, UNSAFE, assert_only_unsafe, fixed, reasons

METHOD = """
    async def f(self):
        nc = await get_nats_connection({url})
        try:
            await nc.flush()
        finally:
            await close_nats_connection(nc)
"""


def class_with(init: str, url: str) -> str:
    return f"{NAQ_IMPORT}class A:\n    def __init__(self, url, config):\n        {init}\n{METHOD.format(url=url)}"


@pytest.mark.parametrize(
    ("source", "caveat"),
    [
        (
            class_with("self.url = url\n        self.config = config", "self.url"),
            "the server would be that of self.config, not self.url",
        ),
        (
            class_with("self.config = config\n        self.url = config.nats.servers[1]", "self.url"),
            "the server would be that of self.config, not self.url",
        ),
        (
            class_with("self.config = config", "URL"),
            "the server would be that of self.config, not URL",
        ),
        (class_with("self.url = url", "self.url"), "the URL may be None"),
    ],
    ids=["attribute beside a configuration", "another server of it", "name beside a configuration", "attribute alone"],
)
def test_another_server_is_never_a_safe_fix(source: str, caveat: str) -> None:
    assert_only_unsafe(source, caveat)


def test_an_attribute_that_is_set_twice_is_not_what_the_constructor_takes() -> None:
    head = f"{NAQ_IMPORT}class A:\n    def __init__(self, nats_url):\n        self.url = nats_url\n"
    source = f"{head}        self.url = other()\n{METHOD.format(url='self.url')}"
    assert "    def __init__(self, nats_url):\n" in fixed(source, unsafe=True)
    once = f"{head}{METHOD.format(url='self.url')}"
    assert "    def __init__(self, nats_url):\n" not in fixed(once, unsafe=True)


@pytest.mark.parametrize(
    ("init", "url", "config"),
    [
        ("self.config = config", "self.config.nats.servers[0]", "self.config"),
        ("self.config = config", "self.config.nats.servers", "self.config"),
        ("self.config = config\n        self.url = self.config.nats.servers[0]", "self.url", "self.config"),
        ("pass", "'nats://one'", "Config.for_servers('nats://one')"),
        ("pass", "url='nats://one'", "Config.for_servers('nats://one')"),
        ("pass", "", ""),
        ("pass", "None", ""),
    ],
)
def test_the_same_server_is_a_safe_fix(init: str, url: str, config: str) -> None:
    assert f"async with nats_connection({config}) as conn:" in fixed(class_with(init, url))


@pytest.mark.parametrize(
    ("parameter", "caveats"),
    [("url: str", []), ("url: Url", ["url may be None"]), ("other: str, url", ["url may be None"])],
)
def test_only_a_text_is_surely_a_url(parameter: str, caveats: list[str]) -> None:
    source = f"{NAQ_IMPORT}async def f({parameter}):{METHOD.format(url='url').partition(':')[2]}"
    assert reasons(source) == [f"{UNSAFE}{caveat}" for caveat in caveats]


@pytest.mark.parametrize("given", ["'nats://one', 2", "None, x=1", "*URLS", "**OPTIONS"])
def test_other_arguments_have_no_counterpart(given: str) -> None:
    source = class_with("pass", given)
    assert fixed(source, unsafe=True) == source
    assert "its arguments have no counterpart in the manager" in reasons(source, unsafe=True)
