"""The identity of a delivery, read from the reply subject of its message."""

from __future__ import annotations

from typing import Any

import pytest
from nats.aio.msg import Msg

from naq.worker.delivery import Delivery


def message(reply: str) -> Msg:
    client: Any = None
    return Msg(client, subject="naq.queue.default", reply=reply, data=b"")


@pytest.mark.parametrize(
    "reply", ["$JS.ACK.stream.consumer.2.7.3.1700.5", "$JS.ACK.domain.account.stream.consumer.2.7.3.1700.5.token"]
)
def test_a_delivery_has_number_sequence_and_time(reply: str) -> None:
    delivery = Delivery.of(message(reply), "default", 1.0)
    assert (delivery.attempt, delivery.mark) == (2, (7, "1700"))


@pytest.mark.parametrize("reply", ["", "here", "a.b.c.d.2.7.3.1700.5", "$JS.ACK.a", "$JS.ACK.a.b.x.7.3.1700.5"])
def test_a_message_that_no_consumer_has_sent_is_not_a_delivery(reply: str) -> None:
    """A client could have sent it: the server refuses only reply subjects of consumers."""
    with pytest.raises(ValueError, match=r"not a message of a consumer|not enough values|invalid literal"):
        Delivery.of(message(reply), "default", 1.0)
