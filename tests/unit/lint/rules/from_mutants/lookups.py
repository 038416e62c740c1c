"""Which of two lookups a message names, where either may fail."""

import sqlite3


# The first line on which it can be lost.
def two_lookups_in_a_try(path, given):
    db = sqlite3.connect(path)  # expect: NAQ102@10 connection 'db' stays open if line +2 raises; use 'with contextlib.closing(sqlite3.connect(path)) as db' (import contextlib)
    try:
        found = given["first"]
        if given:
            found = given["second"]
    except KeyError:
        raise
    db.close()
    return found
