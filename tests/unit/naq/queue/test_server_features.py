"""Features and the server versions that have them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from naq.errors import ServerTooOld
from naq.queue.server_features import ATOMIC_BATCH, MESSAGE_TTL, SCHEDULE_AT, SCHEDULE_CRON, Feature, require, supports


@dataclass(frozen=True)
class Version:
    major: int
    minor: int


@dataclass(frozen=True)
class Connected:
    """The part of a connection that is used here."""

    connected_server_version: Version


@pytest.mark.parametrize(
    ("version", "features"),
    [
        ((2, 10), set()),
        ((2, 11), {MESSAGE_TTL}),
        ((2, 12), {MESSAGE_TTL, SCHEDULE_AT, ATOMIC_BATCH}),
        ((2, 14), {MESSAGE_TTL, SCHEDULE_AT, ATOMIC_BATCH, SCHEDULE_CRON}),
        ((3, 0), {MESSAGE_TTL, SCHEDULE_AT, ATOMIC_BATCH, SCHEDULE_CRON}),
    ],
)
def test_each_version_has_its_features(version: tuple[int, int], features: set[Feature]) -> None:
    connection = Connected(Version(*version))
    every = {MESSAGE_TTL, SCHEDULE_AT, ATOMIC_BATCH, SCHEDULE_CRON}
    assert {feature for feature in every if supports(connection, feature)} == features


def test_too_old_is_said_with_both_versions() -> None:
    with pytest.raises(ServerTooOld, match=r"a schedule needs nats-server 2\.14 or newer; connected to 2\.12"):
        require(Connected(Version(2, 12)), SCHEDULE_CRON, "a schedule")
