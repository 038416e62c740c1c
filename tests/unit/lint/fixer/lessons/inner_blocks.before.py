"""A block around what is in front of the release, where a block from the acquisition on would close too late."""

import socket
import sqlite3

import nats


def a_handler_that_catches_what_the_close_raises(path):
    try:
        connection = socket.create_connection(path)
    except ValueError:
        return "invalid"

    try:
        # is it one of ours
        connection.sendall(b"started")
        connection.close()  # close it
    except OSError:
        return "invalid"

    return "valid"


def one_that_is_its_own_manager(host, port):
    s = socket.socket()
    try:
        s.connect((host, port))
        s.close()
        return True
    except OSError:
        return False


def the_close_of_a_finally(path, post):
    connection = sqlite3.connect(path)
    try:
        post(True)
    finally:
        try:
            post(connection)
            connection.close()
        except Exception:
            pass
        post(False)


async def one_that_is_awaited(url, post):
    nc = await nats.connect(url)
    try:
        await nc.publish("orders", b"1")
        await nc.close()
    except OSError:
        pass
    await post()


def what_comes_before_that_suite(path, post):
    connection = socket.create_connection(path)  # unsafe: line N would not catch an exception from the close
    post()
    try:
        connection.sendall(b"1")
        connection.close()
    except OSError:
        post(True)


def used_by_a_handler(path):
    connection = sqlite3.connect(path)  # left: line N may use it after the release on line N
    try:
        connection.execute("SELECT 1")
        connection.close()
    except sqlite3.OperationalError:
        print(connection.total_changes)


def used_behind(path):
    connection = sqlite3.connect(path)  # left: line N comes after the release on line N
    try:
        connection.execute("SELECT 1")
        connection.close()
    except sqlite3.OperationalError:
        pass
    print(connection)


def with_a_comment_that_says_more(path):
    connection = socket.create_connection(path)  # unsafe: line N would not catch an exception from the close
    try:
        connection.sendall(b"1")
        connection.close()  # lets go of the lock
    except OSError:
        pass


def used_in_a_nested_function(path, later):
    connection = sqlite3.connect(path)  # left: line N keeps or hands out what the end of the block would close
    try:
        later(lambda: connection.total_changes)
        connection.close()
    except sqlite3.OperationalError:
        pass


def once_more_in_a_loop(path, names):
    connection = sqlite3.connect(path)  # left: the loop of line N continues after the release on line N
    for name in names:
        try:
            connection.execute(name)
            connection.close()
        except sqlite3.OperationalError:
            pass


def left_by_a_return(path, names):
    connection = sqlite3.connect(path)  # left: it is passed on to other code on some paths
    try:
        if names:
            return names(connection)
        connection.execute("SELECT 1")
        connection.close()
    except sqlite3.OperationalError:
        pass


def suspended(path):
    connection = socket.create_connection(path)  # unsafe: line N would not catch an exception from the close
    try:
        yield connection.recv(1)
        connection.close()
    except OSError:
        pass


def closed_in_two_ways(path, names):
    connection = socket.create_connection(path)  # unsafe: line N would not catch an exception from the close
    try:
        if names:
            connection.close()
            return
        connection.sendall(b"1")
        connection.close()
    except OSError:
        pass


def where_nothing_uses_it(path, cursor):
    connection = sqlite3.connect(path)  # left: line N comes after the release on line N
    try:
        connection.total_changes += 1
    finally:
        cursor.close()
        connection.close()
        cursor.rewind()
