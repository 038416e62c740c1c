"""A resource that an object gets which a block enters: what the block closes is another one."""
import socket


class Accepted:
    def __init__(self, server):
        self._server = server
        self._connection = None

    def __enter__(self):
        self._connection, _ = self._server.accept()
        return self._connection

    def __exit__(self, *error):
        self._connection.close()


class Locked:
    def __init__(self, server):
        self._server = server

    def __enter__(self):
        self._server.setblocking(False)
        return self

    def __exit__(self, *error):
        self._server.setblocking(True)


def accepted(use):
    server = socket.socket()  # expect: NAQ103@14 socket 'server' is never closed: 'Accepted' of line +3 only uses it; use 'with socket.socket() as server'
    server.bind(("127.0.0.1", 8000))
    server.listen()
    with Accepted(server) as connection:
        use(connection.recv(100))
        use(connection)


def not_named():
    server = socket.socket()  # expect: NAQ103@14
    with Locked(server):
        server.listen()


def named():
    server = socket.socket()  # expect: NAQ103@14
    with Locked(server) as locked:
        print(locked.name)


# Silent: other code gets the object, and may close what it has.
def given_on(use):
    server = socket.socket()
    with Locked(server) as locked:
        use(locked)


class Derived(Locked):
    pass


def given_on_by_a_derived_class(use):
    server = socket.socket()
    with Derived(server) as locked:
        use(locked)


# Silent: the end of the block closes it, or the block gets it itself.
class Closed:
    def __init__(self, server):
        self._server = server

    def __enter__(self):
        return 1

    def __exit__(self, *error):
        self._server.close()


class Given:
    def __init__(self, server):
        self._server = server

    def __enter__(self):
        return self._server

    def __exit__(self, *error):
        print("done")


def closed():
    server = socket.socket()
    with Closed(server):
        server.listen()


def entered():
    server = socket.socket()
    with Given(server) as given:
        given.close()
