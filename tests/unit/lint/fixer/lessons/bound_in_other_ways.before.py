"""A name is rebound by more than assignments: what it means at the release is not what was acquired."""

import nats


async def by_an_import(url):
    nc = await nats.connect(url)  # left: 'nc' is bound again on line N
    await nc.flush()
    import app as nc

    await nc.close()


async def by_a_handler(url, work):
    nc = await nats.connect(url)  # left: 'nc' is bound again on line N
    try:
        await work()
    except ValueError as nc:
        print(nc)
    finally:
        await nc.close()


async def by_a_definition(url):
    nc = await nats.connect(url)  # left: 'nc' is bound again on line N
    await nc.flush()

    def nc(): ...

    await nc.close()


async def by_a_pattern(url, job):
    nc = await nats.connect(url)  # left: 'nc' is bound again on line N
    try:
        match job:
            case {"id": 1, **nc}:
                print(nc)
    finally:
        await nc.close()


async def a_parameter_of_another_function(url):
    nc = await nats.connect(url)
    try:
        await nc.subscribe("a", cb=lambda nc: print(nc))
    finally:
        await nc.close()
