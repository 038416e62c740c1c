"""The close raises nothing, so that what handles exceptions of the block may run behind it."""

import logging
import socket
import sqlite3

import paramiko

log = logging.getLogger(__name__)


def connected(host, name):
    client = paramiko.SSHClient()
    client.connect(host, username=name)
    return client


def a_handler_gives_a_display(host):
    client = None
    try:
        client = connected(
            host,
            name="x",
        )

        # ask
        transport = client.get_transport()
        return {"ok": True, "banner": transport.remote_version if transport else ""}
    except Exception as error:
        return {
            "ok": False,
            "error": str(error),
        }
    finally:
        if client:
            client.close()


def handlers_log_and_raise(path):
    db: sqlite3.Connection | None = None
    try:
        db = sqlite3.connect(path)
        return db.execute("select 1").fetchall()
    except sqlite3.DatabaseError:
        log.exception("%s is broken", path)
        raise
    except sqlite3.Error as error:
        raise RuntimeError(f"{path}: {error}") from error
    finally:
        if db is not None:
            db.close()


def its_errors_are_suppressed(path, info):
    db = None
    try:
        db = sqlite3.connect(path)
        info["rows"] = db.execute("select 1").fetchall()
    except (sqlite3.Error, OSError) as error:
        info["error"] = str(error)
    finally:
        if db is not None:
            try:
                db.close()
            except sqlite3.Error:
                pass
    return info


def a_handler_uses_what_the_block_made(path):
    db = None
    try:
        db = sqlite3.connect(path)  # unsafe: the connection is closed before the handlers of line N run
        cursor = db.execute("select 1")
        cursor.fetchall()
    except sqlite3.Error:
        log.warning("after %s rows", cursor.rowcount)
    finally:
        if db:
            db.close()


def a_handler_does_something(path):
    db = None
    try:
        db = sqlite3.connect(path)  # unsafe: the connection is closed before the handlers of line N run
        db.execute("select 1")
    except sqlite3.Error:
        path.unlink()
    finally:
        if db:
            db.close()


def an_else_does_something(path):
    db = None
    try:
        db = sqlite3.connect(path)  # unsafe: the connection is closed before the handlers of line N run
        db.execute("select 1")
    except sqlite3.Error:
        log.warning("broken")
    else:
        path.unlink()
    finally:
        if db:
            db.close()


def a_close_that_may_fail(address):
    sock = None
    try:
        sock = socket.create_connection(address)  # unsafe: the connection is closed before the handlers of line N run
        sock.sendall(b"ping")
    except OSError:
        log.warning("down")
    finally:
        if sock is not None:
            sock.close()


def a_condition_stays_for_what_follows(path):
    db = None
    try:
        db = sqlite3.connect(path)
        db.execute("vacuum")
    except sqlite3.Error as error:
        print("broken", error)
    finally:
        if db:
            db.close()
            print("closed")


def a_condition_stays_and_more_follows(path, done):
    db = None
    try:
        db = sqlite3.connect(path)
        db.execute("vacuum")
    finally:
        if db is not None:
            db.close()
            done()
        log.info("%s is vacuumed", path)


def a_condition_that_asks_more(path, last):
    db = None
    try:
        db = sqlite3.connect(path)  # left: it is released on line N, outside of the block in which it is acquired
        db.execute("vacuum")
    finally:
        if db and last:
            db.close()
            log.info("%s is vacuumed", path)


def what_follows_uses_it(path, done):
    db = None
    try:
        db = sqlite3.connect(path)  # left: the name 'db' is used after the block, on line N
        db.execute("vacuum")
    finally:
        if db:
            db.close()
            done(db)


def the_condition_may_hold_another(path, db):
    try:
        db = sqlite3.connect(path)  # unsafe: where the acquisition failed, line N may have closed something else
        db.execute("vacuum")
    finally:
        if db:
            db.close()
            log.info("%s is vacuumed", path)


def the_close_may_fail(host):
    conn = None
    try:
        conn = socket.create_connection((host, 43))  # unsafe: line N of the finally would run even if the close fails
        conn.sendall(b"x")
    finally:
        if conn is not None:
            conn.close()
            log.info("%s is told", host)


def a_closed_one_may_be_false(host):
    conn = None
    try:
        conn = socket.create_connection((host, 43))  # left: it is released on line N, outside of the block in which it is acquired
        conn.sendall(b"x")
    finally:
        if conn:
            conn.close()
            log.info("%s is told", host)


def a_condition_with_an_else(path):
    db = None
    try:
        db = sqlite3.connect(path)  # left: it is released on line N, outside of the block in which it is acquired
        db.execute("vacuum")
    finally:
        if db:
            db.close()
        else:
            log.info("%s is missing", path)


def what_comes_before_the_close(path, done):
    db = None
    try:
        db = sqlite3.connect(path)  # left: it is released on line N, outside of the block in which it is acquired
        db.execute("vacuum")
    finally:
        if db:
            done()
            db.close()
