"""The functions that `quickstart.py` enqueues: a worker finds them by their import path."""

import asyncio


def greet(name: str) -> str:
    """A plain function runs in a thread."""
    return f"hello {name}"


async def total(*numbers: int) -> int:
    """A coroutine function runs on the worker's event loop."""
    await asyncio.sleep(0)
    return sum(numbers)


def divide(a: int, b: int) -> float:
    """Fails for good when there is no way."""
    return a / b
