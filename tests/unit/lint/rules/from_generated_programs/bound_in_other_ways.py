"""A name is rebound by more than assignments: an import, a handler, a definition."""

import nats

URL = "nats://localhost"


async def by_an_import():
    nc = await nats.connect(URL)  # expect: NAQ103@16
    await nc.flush()
    import app as nc

    await nc.close()


async def by_an_import_in_a_try(work):
    nc = await nats.connect(URL)  # expect: NAQ102@16
    try:
        await work()
        from app import nc
    finally:
        await nc.close()


async def by_a_handler(work):
    nc = await nats.connect(URL)  # expect: NAQ102@16
    try:
        await work()
    except ValueError as nc:
        print(nc)
    finally:
        await nc.close()


async def by_a_handler_that_leaves(work):
    nc = await nats.connect(URL)  # expect: NAQ102@16
    try:
        await work()
    except ValueError as nc:
        return nc
    await nc.close()


async def by_a_handler_after_the_close(work):
    nc = await nats.connect(URL)  # expect: NAQ101@16
    try:
        await work()
    finally:
        await nc.close()
    try:
        await work()
    except ValueError as nc:
        print(nc)


async def by_a_definition(work):
    nc = await nats.connect(URL)  # expect: NAQ103@16
    await work()

    def nc(): ...

    await nc.close()
