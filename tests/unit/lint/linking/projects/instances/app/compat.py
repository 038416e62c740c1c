"""Names of libraries that others import from here."""

# The platform says which library comes from which import

try:
    import pysqlite3 as sqlite3
except ImportError:
    import sqlite3

try:
    import requests
except ImportError:
    requests = None

try:
    import httpx
except ImportError:
    httpx = print

import redis.asyncio
import pika as psycopg2
import pymysql


class pymysql:
    connect = print
