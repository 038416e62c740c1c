"""A connection that the functions of its module use is open as long as the process; that of a plain script is not."""

import sqlite3

db = sqlite3.connect("scores.db")
log = sqlite3.connect("log.db")
cursor = log.cursor()
for_other_modules = sqlite3.connect("shared.db")
alone = sqlite3.connect("names.db")  # expect: NAQ103@9 connection 'alone' is never closed; use 'with contextlib.closing(sqlite3.connect("names.db")) as alone' (import contextlib)
alone.execute("create table names (name)")


def add(name):
    db.execute("insert into scores values (?)", (name,))
    db.commit()


class Log:
    def add(self, line):
        cursor.execute("insert into lines values (?)", (line,))


def names(alone):
    return alone.execute("select name from names").fetchall()
