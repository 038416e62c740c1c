"""What confluent_kafka opens by a call."""

import confluent_kafka


def never_closed(where):
    it = confluent_kafka.Consumer(where)  # expect: NAQ103@10 consumer 'it' is never closed; use 'with contextlib.closing(confluent_kafka.Consumer(where)) as it' (import contextlib)
    it.subscribe(["a"])


def stays_open_on_an_error(where):
    it = confluent_kafka.Consumer(where)  # expect: NAQ102@10 consumer 'it' stays open if line +1 raises; use 'with contextlib.closing(confluent_kafka.Consumer(where)) as it' (import contextlib)
    it.subscribe(["a"])
    it.close()


def by_hand(where):
    it = confluent_kafka.Consumer(where)  # expect: NAQ101@10 consumer 'it' is closed by hand; use 'with contextlib.closing(confluent_kafka.Consumer(where)) as it' (import contextlib)
    try:
        it.subscribe(["a"])
    finally:
        it.close()


def in_a_block(where):
    with confluent_kafka.Consumer(where) as it:
        it.subscribe(["a"])
