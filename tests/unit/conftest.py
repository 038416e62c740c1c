"""Every test of the library here talks to a real server."""

from naq.testing import naq_config, nats_server

__all__ = ["naq_config", "nats_server"]
