"""Sockets of the standard library."""

import socket
import ssl
import threading

from urllib3.connection import HTTPConnection


def never_closed(host):
    sock = socket.create_connection((host, 80))  # expect: NAQ103@12 socket 'sock' is never closed; use 'with socket.create_connection((host, 80)) as sock'
    sock.sendall(b"x")


def stays_open_on_an_error(host):
    sock = socket.socket()  # expect: NAQ102@12 socket 'sock' stays open if line +1 raises; use 'with socket.socket() as sock'
    sock.connect((host, 80))
    sock.close()


def in_a_block(host):
    with socket.create_connection((host, 80)) as sock:
        sock.sendall(b"x")


def a_pair():
    left, right = socket.socketpair()  # expect: NAQ102@19 socket 'left' stays open if line +1 raises; call 'left.close()' in a 'finally' | NAQ102@19 socket 'right' stays open if line +1 raises; call 'right.close()' in a 'finally'
    left.sendall(b"x")
    right.recv(1)
    left.close()
    right.close()


def accepted(server: socket.socket):
    connection, address = server.accept()  # expect: NAQ103@27 socket 'connection' is never closed; call 'connection.close()' in a 'finally'
    connection.sendall(b"x")
    return address


def given_up(host):
    sock = socket.create_connection((host, 80))
    return sock.detach()


class OverAUnixSocket(HTTPConnection):
    """The base closes `self.sock` in its `close()`."""

    def __init__(self):
        super().__init__("localhost")
        self.sock = None

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/run/a.socket")


class WithASocketBesides(HTTPConnection):
    def __init__(self):
        super().__init__("localhost")
        self.control = None

    def watch(self, path):
        self.control = socket.socket(socket.AF_UNIX)  # expect: NAQ108@24
        self.control.connect(path)


class Receiver(threading.Thread):
    """The base closes nothing."""

    def __init__(self, host):
        super().__init__()
        self._sock = socket.create_connection((host, 80))  # expect: NAQ108

    def run(self):
        self._sock.recv(1)


class WithASlot(HTTPConnection):
    """No base knows what a class gives a slot."""

    __slots__ = ("control", "path")

    def watch(self, path):
        self.control = socket.socket(socket.AF_UNIX)  # expect: NAQ108
        self.control.connect(path)


class WithAPrivateName(HTTPConnection):
    """Nor an attribute with a name that Python changes to one of the class alone."""

    def watch(self, path):
        self.__control = socket.socket(socket.AF_UNIX)  # expect: NAQ108
        self.__control.connect(path)


class WithAnotherSlot(HTTPConnection):
    __slots__ = ("path",)

    def watch(self, path):
        self.control = socket.socket(socket.AF_UNIX)
        self.control.connect(path)


def wrapped_and_closed(host):
    sock = socket.create_connection((host, 443))
    wrapped = ssl.create_default_context().wrap_socket(sock, server_hostname=host)  # expect: NAQ101
    try:
        return wrapped.version()
    finally:
        wrapped.close()


def wrapped_and_never_closed(host):
    sock = socket.create_connection((host, 443))
    wrapped = ssl.create_default_context().wrap_socket(sock, server_hostname=host)  # expect: NAQ103
    return wrapped.version()


def wrapped_in_blocks(host):
    context = ssl.create_default_context()
    with socket.create_connection((host, 443)) as sock:
        with context.wrap_socket(sock, server_hostname=host) as wrapped:
            return wrapped.version()


def wrapped_in_a_block(host):
    context = ssl.create_default_context()
    with socket.create_connection((host, 443)) as sock:
        wrapped = context.wrap_socket(sock, server_hostname=host)  # expect: NAQ102
        version = wrapped.recv(1)
        wrapped.close()
        return version


def wrapped_and_given(host):
    sock = socket.create_connection((host, 443))
    return ssl.create_default_context().wrap_socket(sock, server_hostname=host)


# Was a false alarm: the handshake is over, and asking for what was agreed cannot fail.
def wrapped_and_asked(sock, log):
    wrapped = ssl.create_default_context().wrap_socket(sock)
    log.debug("%s %s", wrapped.version(), wrapped.cipher())
    return wrapped


def made_wrapped(host):
    wrapped = wrapped_and_given(host)  # expect: NAQ103
    return wrapped.version()


def made_and_dropped(host):
    wrapped_and_given(host)  # expect: NAQ103


def named_by_the_line_behind_it(ports):
    for port in ports:
        first = socket.socket()  # expect: NAQ102@17 socket 'first' stays open if line +1 raises; use 'with socket.socket() as first'
        second = socket.socket()  # expect: NAQ102@18 socket 'second' stays open when line +0 rebinds it; use 'with socket.socket() as second'
        try:
            first.bind(("", port))
            second.bind(("", port))
            second.close()
            return port
        except OSError:
            pass
        finally:
            first.close()


class Retries:
    """What `wrap_socket` gives takes the place of the socket that it is given."""

    def connect(self, host):
        self.sock = None
        while True:
            try:
                if self.sock is not None:
                    self.sock.close()
                    self.sock = None
                self.sock = socket.socket()
                self.sock.connect(host)
                self.sock = ssl.create_default_context().wrap_socket(self.sock)
                return
            except OSError:
                print("again")

    def close(self):
        self.sock.close()


def wrapped_or_closed(host):
    plain = socket.create_connection((host, 443))
    try:
        secure = ssl.create_default_context().wrap_socket(sock=plain, server_hostname=host)
    except BaseException:
        plain.close()
        raise
    with secure:
        return secure.recv(1)


class AsksByTheLoop:
    def start(self):
        self.socket = socket.socket()  # expect: NAQ108@23 socket 'self.socket' is closed by no method of class 'AsksByTheLoop'; add one that calls 'self.socket.close()', or use a context manager

    async def ask(self, loop, where):
        await loop.sock_connect(self.socket, where)
        return await loop.sock_recv(self.socket, 100)


def by_the_function_of_older_versions(address):
    plain = socket.create_connection(address)
    secure = ssl.wrap_socket(plain)  # expect: NAQ103
    secure.sendall(b"1")


def put_into_a_list(address, clients):
    sock = socket.create_connection(address)
    print(sock.fileno())
    clients.append(sock)
