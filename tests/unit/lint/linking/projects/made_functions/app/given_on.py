"""Gives the function on."""

from app.db import SessionLocal as Opened

__all__ = ["Opened"]
