# settings: {"select": ["NAQ302"]}
"""Who keeps the address for a message does not use a configuration; who has a configuration has one."""

import nats.errors
from app.bases import ServiceError
from naq.config import Config


class CannotConnect(ConnectionError):
    def __init__(self, nats_url: str) -> None:
        self.nats_url = nats_url


class GaveUp(CannotConnect):
    def __init__(self, nats_url: str) -> None:
        self.nats_url = nats_url


class Refused(nats.errors.Error):
    def __init__(self, nats_url: str) -> None:
        self.nats_url = nats_url


class Configured:
    def __init__(self, nats_url: str, config: Config) -> None:
        self.nats_url = nats_url
        self.config = config


class PassesOn:
    def __init__(self, nats_url: str, make) -> None:
        self.client = make(nats_url)


class OrDefault:
    def __init__(self, nats_url: str | None = None) -> None:  # expect: NAQ302@24
        self.nats_url = nats_url or "nats://localhost"


class OneOfMany:
    def __init__(self, nats_url: str) -> None:  # expect: NAQ302@24
        self.servers = [nats_url]


class Chosen:
    def __init__(self, nats_url: str, local: bool) -> None:  # expect: NAQ302@24
        self.nats_url = "nats://localhost" if local else nats_url


# A name says nothing: this handles errors, and its base is not known.
class HandlesError(ServiceError):
    def __init__(self, nats_url: str) -> None:  # expect: NAQ302@24
        self.nats_url = nats_url


class OwnError:
    def __init__(self, nats_url: str) -> None:  # expect: NAQ302@24
        self.nats_url = nats_url


class Reporter(OwnError):
    def __init__(self, nats_url: str) -> None:  # expect: NAQ302@24
        self.nats_url = nats_url
