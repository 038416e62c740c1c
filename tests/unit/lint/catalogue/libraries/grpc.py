"""What grpc opens by a call."""

import greeter
import greeter_pb2_grpc
import grpc


def never_closed(where):
    it = grpc.insecure_channel(where)  # expect: NAQ103@10 channel 'it' is never closed; use 'with grpc.insecure_channel(where) as it'
    it.unary_unary("/a/b")


def stays_open_on_an_error(where):
    it = grpc.insecure_channel(where)  # expect: NAQ102@10 channel 'it' stays open if line +1 raises; use 'with grpc.insecure_channel(where) as it'
    it.unary_unary("/a/b")
    it.close()


def by_hand(where):
    it = grpc.insecure_channel(where)  # expect: NAQ101@10 channel 'it' is closed by hand; use 'with grpc.insecure_channel(where) as it'
    try:
        it.unary_unary("/a/b")
    finally:
        it.close()


def in_a_block(where):
    with grpc.insecure_channel(where) as it:
        it.unary_unary("/a/b")


class KeepsAStub:
    def __init__(self, where):
        self.channel = grpc.insecure_channel(where)  # expect: NAQ108@24 channel 'self.channel' is closed by no method of class 'KeepsAStub'; add one that calls 'self.channel.close()', or use a context manager
        self.stub = greeter_pb2_grpc.GreeterStub(self.channel)

    def greet(self, name):
        return self.stub.Greet(name)


class ClosesUnderItsStub:
    def __init__(self, where):
        self.channel = grpc.insecure_channel(where)
        self.stub = greeter_pb2_grpc.GreeterStub(self.channel)

    def close(self):
        self.channel.close()


def greet(where, name):
    greeter = ClosesUnderItsStub(where)  # expect: NAQ114@15 ClosesUnderItsStub 'greeter' opens a channel (line -8) and is never closed; call 'greeter.close()' in a 'finally'
    return greeter.stub.Greet(name)


# Silent: other code may close it.
class HandsItOn:
    def __init__(self, where):
        self.channel = grpc.insecure_channel(where)
        self.server = greeter.Server(self.channel)


class EntrypointStub:
    def __init__(self, channel):
        self.Execute = channel.unary_unary("/entrypoint.Entrypoint/Execute")


def make_stub(where):
    it = grpc.insecure_channel(where)  # expect: NAQ103@10 channel 'it' is never closed; return it, too, and call 'it.close()' when done, as line +1 returns what needs it
    return EntrypointStub(it)


async def make_asynchronous_stub(where):
    it = grpc.aio.insecure_channel(where)  # expect: NAQ103@10 async channel 'it' is never closed; return it, too, and call 'await it.close()' when done, as line +2 returns what needs it
    stub = EntrypointStub(it)
    return stub


def ask_once(where, request):
    it = grpc.insecure_channel(where)  # expect: NAQ103@10 channel 'it' is never closed; use 'with grpc.insecure_channel(where) as it'
    stub = EntrypointStub(it)
    return stub.Execute(request)
