"""Arguments and methods, known and unknown."""

import nats
import nats.errors
import nats.js.errors

URL = "nats://localhost"


async def starred(arguments):
    async with await nats.connect(URL) as nc:
        await nc.publish(*arguments, "text")
        await nc.publish("subject", "text")  # expect: NAQ304@37 'publish' takes bytes for 'payload', not str; use b'text'


async def near_names_of_two_modules(js):
    try:
        await js.stream_info("a")
    except nats.errors.NotFoundErrors:  # expect: NAQ303@12 'nats.errors.NotFoundErrors' does not exist, and naming it raises AttributeError; use 'nats.js.errors.NotFoundError'
        pass
    except nats.js.errors.TimeoutErrors:  # expect: NAQ303@12 'nats.js.errors.TimeoutErrors' does not exist, and naming it raises AttributeError; use 'nats.js.errors.FetchTimeoutError'
        pass


# Silent: a package so young that a newer release may have the method.
async def a_method_of_a_young_package():
    from nats.client import connect

    async with await connect(URL) as client:
        await client.invented("a")


# Nothing is opened: what has no task has no result.
async def result_of_a_coroutine():
    nats.connect(URL).result()  # expect: NAQ109


# Silent: the keys of the options are no texts.
async def keys_of_other_kinds(key):
    options = {key: 1, 2: 3}
    options[key] = 2
    async with await nats.connect(**options) as nc:
        await nc.flush()


# The coroutine that closes is made, whichever item is taken.
async def closes_in_a_tuple(position):
    nc = await nats.connect(URL)  # expect: NAQ101
    return (nc.close(), None)[position]


async def pair():
    nc = await nats.connect(URL)
    return nc, nc.jetstream()


async def uses_a_view_of_a_pair_after_the_close():
    nc, js = await pair()  # expect: NAQ101
    try:
        await js.publish("a", b"b")
    finally:
        await nc.close()
    await js.publish("a", b"b")  # expect: NAQ105


async def a_pair_on_some_ways(url):
    nc = None
    if url:
        nc, js = await pair()  # expect: NAQ101@24 connection 'nc' from 'pair' (line -16) is closed by hand; it is opened on some ways only, so use 'await stack.enter_async_context(nc)' in the block of an 'AsyncExitStack'
    if nc:
        await nc.close()


# Silent: a function that nothing is known of may close what it awaits.
async def two_coroutines_given_to_a_function(both):
    await both(nats.connect(URL), nats.connect(URL))
