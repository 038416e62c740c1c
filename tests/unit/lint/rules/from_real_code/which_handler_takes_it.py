"""What one handler has let pass, another of the same kind does not take; what it took, it raises again as that."""

import contextlib

import nats


async def passed_by(url, work):
    nc = await nats.connect(url)
    with contextlib.suppress(ValueError):
        try:
            await work(nc)
            return nc
        except ValueError:
            print("again")
            return nc
        except UnicodeError:  # a ValueError, taken above
            await nc.close()


async def raised_again(url, work):
    nc = await nats.connect(url)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
    try:
        try:
            await nc.flush()
        except ValueError:
            print("no value")
            raise
    except KeyError:  # of what is raised inside, only what is not a ValueError
        print("no key")
        await nc.close()
        return
    except BaseException:
        await nc.close()
        raise
    await nc.close()


async def taken_by_the_wider(url, work):
    nc = await nats.connect(url)  # expect: NAQ102@16 connection 'nc' stays open if line +9 returns; use 'async with await nats.connect(url) as nc'
    try:
        try:
            await nc.flush()
        except OSError:
            print("no server")
            raise
    except ConnectionError:
        print("no connection")
        return
    except BaseException:
        await nc.close()
        raise
    await nc.close()


async def not_taken_by_another(url, work):
    nc = await nats.connect(url)  # expect: NAQ101@16 connection 'nc' is closed by hand; use 'async with await nats.connect(url) as nc'
    closed = False
    try:
        await nc.close()
        closed = True
        try:
            await work()
        except LookupError:
            raise
        except OSError:
            print("no server")
    except KeyError:
        print(closed)
