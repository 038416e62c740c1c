# settings: {"catalogues": ["asyncio:event loop"]}
"""Event loops, which a project asks for."""

import asyncio

import pytest


# Silent: to set the loop of the thread does not fail.
def closed(main):
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main())
    finally:
        loop.close()


def closed_where_nothing_fails(main):
    loop = asyncio.new_event_loop()  # expect: NAQ102@12 event loop 'loop' stays open if line +2 raises; call 'loop.close()' in a 'finally'
    asyncio.set_event_loop(loop)
    loop.run_until_complete(main())
    loop.close()


def never_closed(main):
    loop = asyncio.new_event_loop()  # expect: NAQ103@12 event loop 'loop' is never closed; call 'loop.close()' in a 'finally'
    return loop.run_until_complete(main())


# Silent: pytest resumes it.
@pytest.yield_fixture
def of_older_pytest():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
