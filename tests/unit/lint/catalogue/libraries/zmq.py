"""What zmq opens by a call."""

import zmq


def never_closed(where):
    it = zmq.Context()  # expect: NAQ103@10 context 'it' is never closed; use 'with zmq.Context() as it'
    it.getsockopt(1)


def stays_open_on_an_error(where):
    it = zmq.Context()  # expect: NAQ102@10 context 'it' stays open if line +1 raises; use 'with zmq.Context() as it'
    it.getsockopt(1)
    it.term()


def by_hand(where):
    it = zmq.Context()  # expect: NAQ101@10 context 'it' is closed by hand; use 'with zmq.Context() as it'
    try:
        it.getsockopt(1)
    finally:
        it.term()


def in_a_block(where):
    with zmq.Context() as it:
        it.getsockopt(1)


class KeepsASocket:
    def __init__(self, address):
        it = zmq.Context()  # expect: NAQ103@14 context 'it' is never closed; keep it, too, and call 'it.term()' when done, as line +3 keeps what needs it
        socket = it.socket(zmq.PULL)  # expect: NAQ102@18 socket 'socket' stays open if line +1 raises, before it is handed on; close it in an 'except BaseException' that raises again
        socket.bind(address)
        self.socket = socket

    def close(self):
        self.socket.close()


def send_once(address):
    it = zmq.Context()  # expect: NAQ103@10 context 'it' is never closed; use 'with zmq.Context() as it'
    with it.socket(zmq.PUSH) as socket:
        socket.connect(address)
        socket.send(b"1")
