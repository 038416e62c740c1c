"""Which requests the dashboard refuses, by their headers alone."""

from __future__ import annotations

import pytest

from naq.config import DashboardConfig
from naq.dashboard.access import MOST_SESSIONS, Access, Sessions, bears_token, host_refusal, is_loopback, origin_refusal
from naq.dashboard.serving import access_of
from naq.errors import ConfigError

ACCESS = Access("secret-secret-secret", frozenset({"box.example.org"}))
LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
HERE = {"host": "127.0.0.1:8321"}


@pytest.mark.parametrize("host", ["localhost:8321", "127.0.0.1", "[::1]:80", "10.0.0.7:8321", "box.example.org", "BOX.example.org:1"])
def test_known_hosts_and_addresses_are_accepted(host: str) -> None:
    assert host_refusal(ACCESS, {"host": host}) is None


@pytest.mark.parametrize("host", ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "2130706433.x"])
def test_another_name_is_refused_as_it_may_have_been_rebound(host: str) -> None:
    assert host_refusal(ACCESS, {"host": host})


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("GET", {"sec-fetch-site": "none"}),
        ("GET", {"sec-fetch-site": "same-origin"}),
        ("GET", LINK),
        ("POST", {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1:8321"}),
        ("POST", {"origin": "http://127.0.0.1:8321"}),
        ("POST", {"origin": "https://127.0.0.1:8321"}),
    ],
)
def test_pages_of_the_dashboard_and_links_to_it_are_accepted(method: str, headers: dict[str, str]) -> None:
    assert origin_refusal(method, {**HERE, **headers}) is None


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"origin": "http://evil.example"}),
        ("GET", {"origin": "null"}),
        ("GET", {"origin": "http://["}),
        ("GET", {"origin": ""}),
        ("GET", {**LINK, "sec-fetch-dest": "iframe"}),
        ("GET", {**LINK, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}),
        ("GET", {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}),
        ("POST", {}),
        ("POST", {"sec-fetch-site": "none"}),
        ("POST", LINK),
        ("POST", {"origin": "http://127.0.0.1:9999"}),
        ("POST", {"origin": "http://evil.example", "sec-fetch-site": "same-origin"}),
        ("POST", {"origin": "http://127.0.0.1:8321", "sec-fetch-site": "cross-site"}),
        ("PUT", LINK),
    ],
)
def test_what_another_origin_causes_is_refused(method: str, headers: dict[str, str]) -> None:
    assert origin_refusal(method, {**HERE, **headers})


def test_a_bearer_gives_the_token_as_it_is() -> None:
    assert bears_token(ACCESS, {"authorization": "Bearer secret-secret-secret"})
    for given in ("", "Bearer", "Bearer secret", "Basic secret-secret-secret", "Bearer secret-secret-secrét"):
        assert not bears_token(ACCESS, {"authorization": given})
    assert "secret" not in repr(ACCESS)


def test_sessions_end_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = Sessions()
    first = sessions.begin()
    assert sessions.find(first) is not None
    assert sessions.find(None) is sessions.find("guess") is None
    others = [sessions.begin() for _ in range(MOST_SESSIONS)]
    assert sessions.find(first) is None
    sessions.end(others[0])
    assert sessions.find(others[0]) is None
    monkeypatch.setattr("naq.dashboard.access.time.monotonic", lambda: float("inf"))
    assert sessions.find(others[1]) is None


@pytest.mark.parametrize(
    ("address", "open_reading"),
    [("127.0.0.1:1", True), ("localhost:1", True), ("[::1]:1", True), ("0.0.0.0:1", False), ("10.0.0.1:1", False)],
)
def test_other_machines_need_the_token_to_see_anything(address: str, open_reading: bool) -> None:
    access = access_of(DashboardConfig(address=address, allowed_hosts="Box,other"))
    assert (access.open_reading, access.actions) == (open_reading, False)
    assert {"box", "other"} <= access.hosts
    assert len(access.token) > 40
    assert access_of(DashboardConfig()).token != access.token


def test_a_name_that_only_sounds_like_loopback_is_not() -> None:
    assert not is_loopback("localhost.example.org")


def test_a_short_token_is_refused_and_a_long_one_used() -> None:
    with pytest.raises(ConfigError, match="token"):
        DashboardConfig(token="short")
    assert access_of(DashboardConfig(token="x" * 16, allow_actions=True)) == Access(
        "x" * 16, frozenset({"127.0.0.1"}), open_reading=True, actions=True
    )
