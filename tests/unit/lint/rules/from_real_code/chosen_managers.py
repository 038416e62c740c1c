"""A manager that closes what it is given, and is one of two values: which of them a block enters is not followed."""

import contextlib
import sqlite3


# Silent: the block closes it.
def given_or_opened(path, db=None):
    with contextlib.nullcontext(db) if db else contextlib.closing(sqlite3.connect(path)) as one:
        return one.execute("select 1").fetchall()


def one_of_two(path, other, wanted):
    with contextlib.closing(sqlite3.connect(path)) if wanted else contextlib.closing(sqlite3.connect(other)) as one:
        return one.execute("select 1").fetchall()


def by_a_name(path, db=None):
    manager = contextlib.closing(sqlite3.connect(path)) if db is None else contextlib.nullcontext(db)
    with manager as one:
        return one.execute("select 1").fetchall()


def given_by_or(path, manager=None):
    with manager or contextlib.closing(sqlite3.connect(path)) as one:
        return one.execute("select 1").fetchall()


def closed_by_a_chosen_method(path, wanted):
    db = sqlite3.connect(path)
    (db.close if wanted else print)()


# A method that is chosen and does not close it changes nothing.
def used_by_a_chosen_method(path, wanted):
    db = sqlite3.connect(path)  # expect: NAQ103
    (db.commit if wanted else db.rollback)()
