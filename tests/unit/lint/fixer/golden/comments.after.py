import nats


class Näme:
    async def each(self, url: str) -> None:
        """Über alles."""
        # before the connection
        async with await nats.connect(url) as nc:  # why here
            # between

            text = """first
    second
  third"""
            # inside, é
            await nc.publish("a", f"{text}é{nc.client_id!r}".encode())

            # last inside
            # guarded
            # it has to go back
            # at once
        # after


async def quiet(url: str) -> None:
    async with await nats.connect(
        url,
        name="quiet",  # so that it is seen
    ) as nc:
        await nc.publish(
            "a",
            b"b",
        )


async def silenced(url: str) -> None:
    nc = await nats.connect(url)  # noqa: NAQ101
    try:
        await nc.publish("a", b"b")
    finally:
        await nc.close()


async def odd(url: str) -> None:
  async with await nats.connect(url) as nc:
    if nc.is_connected:
       # three
       await nc.publish("a", b"b")


async def semicolons(url: str) -> None:
    async with await nats.connect(url) as nc:
        await nc.flush()


async def suite(url: str) -> None:
    async with await nats.connect(url) as nc:
        await nc.flush()


async def passed(url: str) -> None:
    nc = await nats.connect(url)
    try:
        pass
    finally:
        await nc.close()
