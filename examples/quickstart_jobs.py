"""The functions that `quickstart.py` enqueues: `@task` lets workers run them, and nothing else of this module."""

import asyncio

from naq import task


@task
def greet(name: str) -> str:
    """A plain function runs in a thread."""
    return f"hello {name}"


@task
async def total(*numbers: int) -> int:
    """A coroutine function runs on the worker's event loop."""
    await asyncio.sleep(0)
    return sum(numbers)


@task
def divide(a: int, b: int) -> float:
    """Fails permanently for `b` = 0, once its retries are used up."""
    return a / b
