"""What grpc opens by a call."""

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
