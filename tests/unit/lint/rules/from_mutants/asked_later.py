"""What the rest of a block asks of the connection that it has closed."""

import nats

URL = "nats://localhost"


# Silent: the block asks for it.
async def asked_in_the_block():
    async with await nats.connect(URL) as nc:
        await nc.publish("a", b"b")
        await nc.close()
        print(nc.is_closed)


async def asked_of_another(other):
    async with await nats.connect(URL) as nc:
        await nc.publish("a", b"b")
        await nc.close()  # expect: NAQ107@15
        print(other.is_closed)


async def asked_behind_the_block(opened):
    with opened() as log:
        async with await nats.connect(URL) as nc:
            await nc.publish("a", b"b")
            await nc.close()  # expect: NAQ107@19
        log.write(nc.is_closed)
