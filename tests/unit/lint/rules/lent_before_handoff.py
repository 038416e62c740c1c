"""A function of the project that works with the resource may fail, as its methods may, before other code has it."""
import logging
import os
import sqlite3

logger = logging.getLogger(__name__)


def _set_up(connection):
    connection.execute("PRAGMA journal_mode = WAL")


def _load(path, connection):
    for line in open(path):
        connection.execute(line)


def _deep(connection):
    _set_up(connection)


def _try_to_set_up(connection):
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except Exception:
        logger.info("not set up")


def _note(connection):
    logger.info("connected: %s", connection.total_changes)


def returned(path):
    connection = sqlite3.connect(path)  # expect: NAQ102@18 connection 'connection' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
    _set_up(connection)
    return connection


def returned_from_a_loop(path):
    connection = sqlite3.connect(path)  # expect: NAQ102@18 connection 'connection' stays open if line +3 raises, before it is handed on; close it in an 'except BaseException' that raises again
    while True:
        try:
            _set_up(connection)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
        else:
            break
    return connection


def by_keyword(path):
    connection = sqlite3.connect(path)  # expect: NAQ102@18
    _load("schema.sql", connection=connection)
    return connection


def by_a_function_that_gives_it_on(path):
    connection = sqlite3.connect(path)  # expect: NAQ102@18
    _deep(connection)
    return connection


class Store:
    def __init__(self, path):
        connection = sqlite3.connect(path)  # expect: NAQ102@22
        self._set_up(connection)
        self.connection = connection

    def _set_up(self, connection):
        connection.execute("CREATE TABLE jobs (id)")

    @staticmethod
    def opened(path):
        connection = sqlite3.connect(path)  # expect: NAQ102@22
        Store._configure(connection)
        return connection

    @staticmethod
    def _configure(connection):
        connection.execute("PRAGMA synchronous = NORMAL")

    def close(self):
        self.connection.close()


# Silent: what the function does cannot fail, or it takes the error.
def taken(path):
    connection = sqlite3.connect(path)
    _try_to_set_up(connection)
    return connection


def noted(path):
    connection = sqlite3.connect(path)
    _note(connection)
    return connection


def _look(connection, path):
    os.stat(path)


def looked(path):
    connection = sqlite3.connect(path)
    _look(connection, path)
    return connection


# Silent: two functions that call each other.
def _ping(connection, times):
    if times:
        _pong(connection, times - 1)


def _pong(connection, times):
    _ping(connection, times)


def in_a_ring(path):
    connection = sqlite3.connect(path)
    _ping(connection, 5)
    return connection


# Silent: only another call, which is not known, may fail while it is open.
def loaded(path, load):
    connection = sqlite3.connect(path)
    load()
    try:
        _set_up(connection)
    except BaseException:
        connection.close()
        raise
    return connection


# Silent: the function keeps it, and other code may close it.
KEPT = []


def _keep(connection):
    KEPT.append(connection)
    connection.execute("PRAGMA journal_mode = WAL")


def kept(path):
    connection = sqlite3.connect(path)
    _keep(connection)
    return connection


# Silent: it is closed where that fails.
def closed(path):
    connection = sqlite3.connect(path)
    try:
        _set_up(connection)
    except BaseException:
        connection.close()
        raise
    return connection


# Silent: other code has it by then, or may.
def stored_before(path, connections):
    connection = sqlite3.connect(path)
    connections.append(connection)
    _set_up(connection)
    return connection


# Silent: the function does not run yet.
async def _set_up_later(connection):
    connection.execute("PRAGMA journal_mode = WAL")


def _rows(connection):
    yield from connection.execute("SELECT * FROM jobs")


def with_work_to_do(path):
    connection = sqlite3.connect(path)
    return connection, _set_up_later(connection)


def with_rows(path):
    connection = sqlite3.connect(path)
    rows = _rows(connection)
    return connection, rows


# Silent: a function that is not known may close it where it fails.
def unknown(path, set_up):
    connection = sqlite3.connect(path)
    set_up(connection)
    return connection

