"""A block reads what the opening has done to an argument: the session is there for that.

Was a false alarm in a test of faust: NAQ202 asked to remove the session whose patched class adds to the list.
"""

import aiohttp


async def read_by_item(check):
    trace_configs = []
    async with aiohttp.ClientSession(trace_configs=trace_configs):
        assert trace_configs
        check(trace_configs[-1])


async def read_by_attribute(check):
    connector = aiohttp.TCPConnector()
    async with aiohttp.ClientSession(connector=connector):
        check(connector.closed)


async def read_before_only(check):
    trace_configs = []
    check(trace_configs[0])
    async with aiohttp.ClientSession(trace_configs=trace_configs):  # expect: NAQ202@16 session is opened and nothing uses it; remove it
        check("nothing")


async def read_as_a_whole(check, url):
    async with aiohttp.ClientSession(url):  # expect: NAQ202
        check(url)
