"""A block that commits and does not close gets a manager around it, which takes the place of the release behind it."""
import contextlib
import sqlite3

import psycopg2


class Database:
    def connect(self):
        return psycopg2.connect("dbname=x")

    def closed_in_a_finally(self, log):
        try:
            with contextlib.closing(self.connect()) as connection, connection, connection.cursor() as cursor:
                cursor.execute("select 1")
        except psycopg2.Error as error:
            log.error(f"failed: {error}")
            raise RuntimeError() from error


def unbound_where_it_failed(path):
    # Write
    with contextlib.closing(sqlite3.connect(path, timeout=2)) as db, db:
        db.execute("select 1")


def closed_behind_the_block(path):
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("select 1")
    return 1


def a_line_before_the_close(path):
    with sqlite3.connect(path) as db:  # left: line N comes before the release
        rows = db.execute("select 1")
    print(rows)
    db.close()


def a_line_before_the_finally(path):
    db = None
    try:
        with sqlite3.connect(path) as db:  # left: line N comes before the release
            db.execute("select 1")
        print(1)
    finally:
        if db:
            db.close()


def one_of_several(paths, default):
    db = None
    try:
        with sqlite3.connect(paths[0]) as db:  # left: 'db' is bound again on line N
            db.execute("select 1")
    finally:
        db = db or default
        db.close()


def open_on_a_way_out(path):
    with sqlite3.connect(path) as db:  # left: a way out of the block leaves it open
        if not db.execute("select 1"):
            return
    db.close()


def the_finally_says_more(path):
    try:
        with contextlib.closing(sqlite3.connect(path)) as db, db:  # unsafe: line N of the finally would come after the close
            return list(db.execute("select 1"))
    finally:
        print("done")
