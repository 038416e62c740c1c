"""In a cleanup, who names the errors of the system or of a database names all that closing raises."""

import contextlib
import socket
import sqlite3


def shut_down_first(address):
    sock = socket.create_connection(address)  # expect: NAQ101@12 socket 'sock' is closed by hand; use 'with socket.create_connection(address) as sock'
    try:
        sock.sendall(b"a")
    finally:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except (socket.error, KeyError):
            pass
        sock.close()


def shut_down_first_in_a_block(address):
    sock = socket.create_connection(address)  # expect: NAQ101@12 socket 'sock' is closed by hand; use 'with socket.create_connection(address) as sock'
    try:
        sock.sendall(b"a")
    finally:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()


def cursor_closed_first(path, rows):
    connection = sqlite3.connect(path)  # expect: NAQ101@18 connection 'connection' is closed by hand; use 'with contextlib.closing(sqlite3.connect(path)) as connection'
    cursor = connection.cursor()
    try:
        cursor.executemany("insert into t values (?)", rows)
    finally:
        try:
            connection.rollback()
        except sqlite3.Error:
            pass
        connection.close()


# Reported: the handler takes errors of another kind.
def shut_down_first_with_another_error(address):
    sock = socket.create_connection(address)  # expect: NAQ102@12 socket 'sock' stays open if line +5 raises; use 'with socket.create_connection(address) as sock'
    try:
        sock.sendall(b"a")
    finally:
        try:
            sock.shutdown(socket.SHUT_RDWR)
        except KeyError:
            pass
        sock.close()


# Reported: no cleanup, and what is sent may be wrong in other ways.
def sent(address, text):
    sock = socket.create_connection(address)  # expect: NAQ102@12 socket 'sock' stays open if line +2 raises; use 'with socket.create_connection(address) as sock'
    try:
        sock.sendall(text.encode())
    except OSError:
        pass
    sock.close()
