"""Gives a class on."""

from app.stores import Store as Given  # noqa: F401
