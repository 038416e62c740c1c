"""What kafka opens by a call."""

import kafka


def never_closed(where):
    it = kafka.KafkaConsumer(where)  # expect: NAQ103@10 consumer 'it' is never closed; use 'with contextlib.closing(kafka.KafkaConsumer(where)) as it' (import contextlib)
    it.subscribe(["a"])


def stays_open_on_an_error(where):
    it = kafka.KafkaConsumer(where)  # expect: NAQ102@10 consumer 'it' stays open if line +1 raises; use 'with contextlib.closing(kafka.KafkaConsumer(where)) as it' (import contextlib)
    it.subscribe(["a"])
    it.close()


def by_hand(where):
    it = kafka.KafkaConsumer(where)  # expect: NAQ101@10 consumer 'it' is closed by hand; use 'with contextlib.closing(kafka.KafkaConsumer(where)) as it' (import contextlib)
    try:
        it.subscribe(["a"])
    finally:
        it.close()
