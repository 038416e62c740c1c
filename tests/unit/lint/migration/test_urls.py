"""The Config for a URL: None where the URL may be None, as `Config.for_servers(None)` raises."""

from __future__ import annotations

import ast

import pytest

from flake8_naq.edits.model import CannotFix
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.migration.urls import config_for
from flake8_naq.project.settings import Settings


def config(source: str) -> str:
    """The Config for the argument of the first call of `post`."""
    snapshot = Snapshot(source, Settings(), "-")
    calls = (node for node in ast.walk(snapshot.module) if isinstance(node, ast.Call))
    return config_for(snapshot, next(one for one in calls if ast.unparse(one.func) == "post").args[0])


PLAIN = "Config.for_servers({0})"
EITHER = "Config.for_servers({0}) if {0} else None"


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("post(None)", "None"),
        ("post('')", "None"),
        ("post('nats://a')", PLAIN.format("'nats://a'")),
        ("def f(u): post(u)", PLAIN.format("u")),
        ("def f(u: str = 'nats://a'): post(u)", PLAIN.format("u")),
        ("def f(u=None): post(u)", EITHER.format("u")),
        ("def f(*, u: str = ''): post(u)", EITHER.format("u")),
        ("def f(u: str | None): post(u)", EITHER.format("u")),
        ("def f(u: Optional[str]): post(u)", EITHER.format("u")),
        ("def f():\n    u = os.getenv('U')\n    post(u)", EITHER.format("u")),
        ("def f():\n    u = os.getenv('U', 'nats://a')\n    post(u)", PLAIN.format("u")),
        ("def f(u=None):\n    u = u or 'nats://a'\n    post(u.strip())", PLAIN.format("u.strip()")),
        ("post(os.getenv('U') or 'nats://a')", PLAIN.format("os.getenv('U') or 'nats://a'")),
        ("post(os.getenv('U'))", "Config.for_servers(url) if (url := os.getenv('U')) else None"),
        ("url = 1\npost(os.getenv('U'))", "Config.for_servers(server_url) if (server_url := os.getenv('U')) else None"),
        (
            "class A:\n    def __init__(self, u=None):\n        self.u = u\n    def f(self):\n        post(self.u)",
            EITHER.format("self.u"),
        ),
        (
            "class A:\n    def __init__(self, u=None):\n        self.u = u or 'nats://a'\n    def f(self):\n        post(self.u)",
            PLAIN.format("self.u"),
        ),
    ],
)
def test_config(source: str, written: str) -> None:
    assert config(source) == written


def test_no_name_is_free() -> None:
    with pytest.raises(CannotFix, match="line 2 may give None for the URL"):
        config("url = server_url = nats_server_url = 1\npost(os.getenv('U'))")
