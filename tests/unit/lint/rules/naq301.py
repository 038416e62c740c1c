"""Imports of the by-hand API."""

from naq.connection import get_nats_connection  # expect: NAQ301@28 'get_nats_connection' belongs to the by-hand connection API; use the context managers of naq.connection
from naq.connection import close_nats_connection as shut  # expect: NAQ301@28 'close_nats_connection' belongs to the by-hand connection API; use the context managers of naq.connection
from naq.connection import nats_connection
from elsewhere import get_nats_connection as other

__all__ = ["get_nats_connection", "nats_connection", "other", "shut"]
