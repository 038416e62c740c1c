"""Released by hand in a block of `closing`, which does nothing but close."""

import sqlite3
from contextlib import closing


def closed_twice(path):
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("select 1").fetchall()
        database.close()  # expect: NAQ107@9 connection is closed by hand inside the block that closes it; remove the call
    return rows
