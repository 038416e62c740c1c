"""Answers that report missing JetStream, and the requests that end when the server denies a permission."""

from __future__ import annotations

import contextlib

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from naq.connection.denials import PUBLISH, SUBSCRIBE, Denials, check_jetstream, expect_denials
from naq.errors import JetStreamDisabled

NOT_FOR_ACCOUNT = b'{"error":{"code":503,"err_code":10039}}'
NOT_ENABLED = b'{"error":{"code":503,"err_code":10076}}'
ASKED = "$JS.API.STREAM.INFO.jobs"


@pytest.mark.parametrize(
    ("subject", "status", "data", "enabled", "account"),
    [
        (ASKED, "503", b"", False, False),
        (ASKED, "503", b"", True, None),  # another server of the cluster has it
        (ASKED, "404", b"", False, None),
        (ASKED, None, b"", False, None),
        ("jobs", "503", b"", False, None),
        (ASKED, None, NOT_FOR_ACCOUNT, True, True),
        (ASKED, None, NOT_ENABLED, True, False),
        (ASKED, None, NOT_ENABLED.replace(b"10076", b"10059"), True, None),
        (ASKED, None, b"x" + NOT_ENABLED, True, None),  # data of an application, and no answer of the API
        ("jobs", None, NOT_ENABLED, True, None),
    ],
)
def test_no_jetstream(subject: str, status: str | None, data: bytes, enabled: bool, account: bool | None) -> None:
    answer = Msg(Client(), subject, "", data, None if status is None else {"Status": status})
    context = contextlib.nullcontext() if account is None else pytest.raises(JetStreamDisabled)
    with context as raised:
        check_jetstream(subject, answer, enabled=enabled)
    assert raised is None or raised.value.account is account


def violation(words: str) -> Error:
    return Error(f"nats: 'permissions violation for {words}'")


def test_who_watches_is_told_until_it_watches_no_more() -> None:
    denials = Denials()
    told: list[tuple[str, str]] = []

    def watcher(operation: str, subject: str) -> bool:
        told.append((operation, subject))
        return subject == "mine"

    assert not denials.note(violation('publish to "early"'))
    denials.watch(watcher)
    assert denials.note(violation('Publish to "Mine"'))
    assert not denials.note(violation('publish to "other"'))
    assert not denials.note(Error("nats: 'authorization violation'"))
    assert denials.note(violation('subscription to "mine"'))
    denials.unwatch(watcher)
    assert not denials.note(violation('publish to "late"'))
    assert told == [(PUBLISH, "mine"), (PUBLISH, "other"), (SUBSCRIBE, "mine")]


def test_denied_subscriptions_are_kept_until_the_next_connection() -> None:
    denials = Denials()
    denials.note(violation('subscription to "a"'))
    denials.note(violation('publish to "b"'))
    assert denials.subscriptions == {"a"}
    denials.reset()
    assert denials.subscriptions == set()


def test_only_denied_subscriptions_to_these_subjects_are_expected() -> None:
    connection = Client()
    denials = connection.denials = Denials()  # type: ignore[attr-defined]
    with expect_denials(connection, ["Mine"]):
        assert denials.note(violation('subscription to "mine"'))
        assert not denials.note(violation('subscription to "other"'))
        assert not denials.note(violation('publish to "mine"'))
    assert not denials.note(violation('subscription to "mine"'))
