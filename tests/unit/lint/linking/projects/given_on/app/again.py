"""Gives a name on that another module gives on."""

from app.names import ClientSession

__all__ = ["ClientSession"]
