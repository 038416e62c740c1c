"""Chooses between libraries that have the same names."""

import importlib

try:
    from pysqlite3 import dbapi2 as newer
except ImportError:
    newer = None
try:
    import sqlite3
except ImportError:
    sqlite3 = newer
else:
    if newer and newer.sqlite_version_info > sqlite3.sqlite_version_info:
        sqlite3 = newer

try:
    psycopg2 = importlib.import_module("psycopg2cffi")
except ImportError:
    import psycopg2

try:
    import asyncpg
except ImportError:
    asyncpg = object()


__all__ = ["asyncpg", "newer", "psycopg2", "sqlite3"]
