"""What websocket_client opens by a call."""

import websocket


def never_closed(where):
    it = websocket.create_connection(where)  # expect: NAQ103@10 WebSocket 'it' is never closed; use 'with contextlib.closing(websocket.create_connection(where)) as it' (import contextlib)
    it.send("a")


def stays_open_on_an_error(where):
    it = websocket.create_connection(where)  # expect: NAQ102@10 WebSocket 'it' stays open if line +1 raises; use 'with contextlib.closing(websocket.create_connection(where)) as it' (import contextlib)
    it.send("a")
    it.close()


def by_hand(where):
    it = websocket.create_connection(where)  # expect: NAQ101@10 WebSocket 'it' is closed by hand; use 'with contextlib.closing(websocket.create_connection(where)) as it' (import contextlib)
    try:
        it.send("a")
    finally:
        it.close()
