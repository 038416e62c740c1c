"""The manager that `closing` makes is what other code enters: who gets it gets the resource."""

import contextlib
import sqlite3
from contextlib import closing


# Silent: the caller enters it.
def of_a_new_connection(path):
    return closing(sqlite3.connect(path))


def of_a_named_connection(path):
    db = sqlite3.connect(path)  # expect: NAQ102@10 connection 'db' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    db.execute("PRAGMA foreign_keys = on")
    return contextlib.closing(db)


# Silent: it is entered some lines later, by the name of the manager.
def entered_later(path):
    db = sqlite3.connect(path)
    manager = closing(db)
    with manager:
        db.execute("SELECT 1")


# Silent: it is stored, or passed to code that enters it.
def stored_or_passed_on(path, run):
    managers = [closing(sqlite3.connect(path))]
    run(closing(sqlite3.connect(path)))
    return managers


def neither_entered_nor_handed_on(path):
    closing(sqlite3.connect(path))  # expect: NAQ103@13 connection is never closed; use 'with closing(sqlite3.connect(path)) as c'
