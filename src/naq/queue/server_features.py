"""Features of nats-server by version, and checks for them."""

from typing import Final, NamedTuple, Protocol

from naq.errors import ServerTooOld


class Feature(NamedTuple):
    """A feature of nats-server: the first version that has it."""

    major: int
    minor: int


MESSAGE_TTL: Final = Feature(2, 11)
SCHEDULE_AT: Final = Feature(2, 12)
ATOMIC_BATCH: Final = Feature(2, 12)
SCHEDULE_CRON: Final = Feature(2, 14)
# The oldest usable version: the library needs a time to live for each result.
OLDEST: Final = MESSAGE_TTL


class Version(Protocol):
    """The part of nats-py's ServerVersion that is used here."""

    @property
    def major(self) -> int: ...

    @property
    def minor(self) -> int: ...


class HasVersion(Protocol):
    """A connection that knows its server's version."""

    @property
    def connected_server_version(self) -> Version: ...


def supports(connection: HasVersion, feature: Feature) -> bool:
    """Return whether the connected server is new enough for a feature."""
    version = connection.connected_server_version
    return (version.major, version.minor) >= feature


def require(connection: HasVersion, feature: Feature, purpose: str) -> None:
    """Raise `ServerTooOld`, which names the needed version and `purpose`, when the server lacks a feature."""
    if not supports(connection, feature):
        version = connection.connected_server_version
        raise ServerTooOld(
            f"{purpose} needs nats-server {feature.major}.{feature.minor} or newer; "
            f"connected to {version.major}.{version.minor}"
        )
