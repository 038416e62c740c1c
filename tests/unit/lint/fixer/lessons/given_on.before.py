# settings: {"catalogues": ["http"]}
"""What other code gets, by a thread, by an object or by the try around it, is closed neither too early nor too late."""

import http.client
import socket
import sqlite3
import threading


def a_thread_that_keeps_it(handler, told):
    with socket.socket() as listener:
        while True:
            conn, addr = listener.accept()  # left: it is passed on to other code on some paths
            told(addr)
            try:
                threading.Thread(target=handler, args=(conn, addr)).start()
            except RuntimeError:
                conn.close()


def a_thread_that_keeps_it_at_the_end(address, handler, told):
    conn = socket.create_connection(address)  # left: it is passed on to other code on some paths
    told(address)
    try:
        threading.Thread(target=handler, args=(conn,)).start()
    except RuntimeError:
        conn.close()


def a_call_that_fails_before_it_keeps_it(address, connect):
    try:
        conn = socket.socket()
        connect(conn, address)
        conn.close()
        return True
    except OSError:
        return False


class Reader:
    def __init__(self, cursor):
        self.cursor = cursor


def an_object_with_its_cursor(path, context):
    db = sqlite3.connect(path)  # left: line N keeps or hands out what the end of the block would close
    db.executescript("pragma journal_mode=WAL;")
    reader = Reader(db.cursor())
    context.set(reader)


def an_object_with_its_rows(path):
    db = sqlite3.connect(path)  # unsafe: it is closed at the end of the block, where it was not closed before
    rows = db.execute("SELECT 1").fetchall()
    print(rows)


def what_may_fail_and_leave_it_open(host):
    conn = http.client.HTTPSConnection(host, timeout=30)
    try:
        conn.request("GET", "/api")
        response = conn.getresponse()
        assert response.status in {301, 302}
    finally:
        conn.close()


def what_a_handler_follows(host):
    conn = http.client.HTTPSConnection(host)
    try:
        conn.request("GET", "/api")
        return conn.getresponse().status
    except OSError:
        return None
    finally:
        conn.close()
