"""Which error comes out where the close fails, too, and what became of it."""

import sys

import nats


async def a_handler_that_swallows(url):
    nc = await nats.connect(url)  # unsafe: an exception from the close would no longer chain to the one handled on line N
    try:
        await nc.flush()
    except Exception:
        await nc.close()
        return 1
    await nc.close()
    return 0


async def a_finally_that_leaves_the_loop(urls):
    for url in urls:
        nc = await nats.connect(url)  # unsafe: an exception from the close would no longer chain to the one that line N discards
        try:
            await nc.flush()
        finally:
            await nc.close()
            break


async def a_handler_of_the_close_that_does_more_than_to_say_so(url):
    nc = await nats.connect(url)  # left: line N handles an exception from the close
    try:
        await nc.flush()
    finally:
        try:
            await nc.close()
        except Exception:
            sys.exit(1)


async def a_handler_that_uses_it_after_the_release(url):
    nc = await nats.connect(url)  # left: line N may use it after the release on line N
    try:
        try:
            await nc.flush()
        finally:
            await nc.close()
    except Exception:
        print(nc.is_closed)
        raise


async def nothing_but_a_comment_is_left_of_the_block(url):
    nc = await nats.connect(url)  # left: nothing happens between its acquisition and its close

    # do something

    await nc.close()
