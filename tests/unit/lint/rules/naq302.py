# settings: {"select": ["NAQ302"]}
"""An address in place of a configuration."""

from naq.config import Config


class Keeps:
    def __init__(self, nats_url: str) -> None:  # expect: NAQ302@24 'nats_url' is kept where a Config should be; take 'config: Config | None = None'
        self.nats_url = nats_url


# Silent: not kept, or a configuration already.
class Uses:
    def __init__(self, nats_url: str) -> None:
        print(nats_url)


class IsTold:
    def connect_to(self, nats_url: str) -> None:
        self.nats_url = nats_url


class Takes:
    def __init__(self, config: Config | None = None) -> None:
        self.config = config
