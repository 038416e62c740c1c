"""`naq config`: each setting with the place that it comes from, and no secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from naq_support.command import Naq, config, naq

__all__ = ["config", "naq"]

OWN = """\
[nats]
servers = ["nats://joe:se%40cret@one:4222", "nats://joe:se%40cret@two:4222"]
[worker]
imports = [
    "shop",
]
"""
PROJECT = """\
[project]
name = "shop"

[tool.naq.worker]
concurrency = 4
imports = ["other"]
"""


@pytest.fixture
def places(naq: Naq, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that runs the command and returns value and place of each setting that is not a default."""
    for variable in ("NAQ_NATS__SERVERS", "NAQ_QUEUE__PREFIX"):
        monkeypatch.delenv(variable)
    (tmp_path / "naq.toml").write_text(OWN)
    (tmp_path / "pyproject.toml").write_text(PROJECT)

    def run(*arguments: str) -> dict[str, tuple[Any, str]]:
        found = naq.json("config", "--changed", *arguments)["settings"]
        return {one["name"]: (one["value"], one["place"]) for one in found}

    return run


def test_each_setting_has_its_place(places: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert places() == {
        "nats.servers": (["nats://one:4222", "nats://two:4222"], "naq.toml:2"),
        "nats.user": ("joe", "naq.toml:2"),
        "nats.password": ("********", "naq.toml:2"),
        "worker.imports": (["shop"], "naq.toml:4"),
        "worker.concurrency": (4, "pyproject.toml:5"),
    }
    monkeypatch.setenv("naq_worker__concurrency", "5")
    monkeypatch.setenv("NAQ_NATS__TLS__CA_FILE", "ca.pem")
    found = places("--prefix", "p")
    assert found["worker.concurrency"] == (5, "naq_worker__concurrency")
    assert found["nats.tls.ca_file"] == ("ca.pem", "NAQ_NATS__TLS__CA_FILE")
    assert found["queue.prefix"] == ("p", "--prefix")


def test_no_secret_is_shown(naq: Naq, places: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for shown in (naq("config"), naq("config", "--json"), naq("config", "nats.password")):
        assert "e@cret" not in shown
        assert "%40" not in shown
        assert "********" in shown
    Path("empty.toml").touch()
    monkeypatch.setenv("NAQ_CONFIG_FILE", "empty.toml")
    for option in ("--server", "nats://to-ken@one"), ("--server", "nats://u:to-ken@one"):
        found = places(*option)
        assert "to-ken" not in str(found)
        assert {place for name, (_, place) in found.items() if name.startswith("nats.")} == {"--server"}
    monkeypatch.setenv("NAQ_NATS__NKEY", "SUSEEDSEED")
    assert places()["nats.nkey"] == ("********", "NAQ_NATS__NKEY")


def test_the_table_is_chosen_by_name(naq: Naq, places: Any, tmp_path: Path) -> None:
    assert [line.split() for line in naq("config", "worker.concurrency").splitlines()[2:]] == [
        ["worker.concurrency", "4", "pyproject.toml:5"]
    ]
    assert "queue.failed_max_age    2592000  default" in naq("config", "queue")
    assert naq("config", "queue", "--changed") == "every setting has its default\n"
    (tmp_path / "naq.toml").unlink()
    assert naq("config").splitlines()[-1] == f"there is no {tmp_path / 'naq.toml'}"
    assert naq.json("config")["files"] == [str(tmp_path / "pyproject.toml")]


def test_what_is_wrong_is_one_line(naq: Naq, places: Any, tmp_path: Path) -> None:
    assert "there is no setting 'queu'; did you mean queue?" in naq("config", "queu", code=2)
    said = naq("config", "xyz", code=2)
    assert {"nats", "queue", "worker"} <= set(re.findall(r"\w+", said.partition("sections are ")[2]))
    (tmp_path / "naq.toml").write_text("[nats]\nservers = 'nats://u:to-ken@h'\nuser = 'v'\n")
    assert "to-ken" not in naq("config", code=2)
    (tmp_path / "naq.toml").write_text("[nats\n")
    assert "expected a readable TOML file" in naq("config", code=2)
