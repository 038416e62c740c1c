"""A release that a handler begins with goes, too; a release that a finally repeats may stay, for what follows it."""

import contextlib
import os
import socket
import sqlite3


def a_handler_that_closes_and_raises_another_error(host):
    try:
        with socket.socket() as conn:
            conn.connect((host, 43))
            data = conn.recv(4096)
        return str(data)
    except OSError as error:
        raise ValueError(host) from error
    except Exception:
        raise KeyError(host) from None


def a_handler_that_only_closes_and_raises(host):
    with socket.socket() as conn:
        conn.connect((host, 43))


def a_handler_that_goes_on(host):
    try:
        with socket.socket() as conn:  # unsafe: line N would handle an exception from the close
            conn.connect((host, 43))
    except OSError:
        pass


def a_handler_that_closes_last(host):
    try:
        conn = socket.socket()  # left: it is released on line N, outside of the block in which it is acquired
        conn.connect((host, 43))
        conn.close()
    except OSError:
        print(host)
        conn.close()  # left: it is released on line N, outside of the block in which it is acquired
        raise


def a_handler_that_closes_what_was_given(host, conn):
    try:
        host = host.strip()
        conn = socket.socket()  # left: 'conn' may hold something else on line N
        conn.connect((host, 43))
        conn.close()
    except OSError:
        conn.close()
        raise


def a_close_that_something_waits_for(path, work):
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA foreign_keys=OFF")
        try:
            work(db)
        except Exception:
            db.close()
            os.unlink(path)
            raise
        db.commit()


def a_close_that_no_finally_repeats(path, work):
    db = sqlite3.connect(path)  # left: line N comes after the release on line N
    try:
        work(db)
    except ValueError:
        db.close()
        os.unlink(path)
        raise
    db.close()


def manager(path):
    return contextlib.closing(sqlite3.connect(path))
