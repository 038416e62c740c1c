"""Every test here talks to a real server, whose connections it counts."""

from naq.testing import naq_config, nats_server

__all__ = ["naq_config", "nats_server"]
