"""Functions that call what they are given, also by a function of a library or of this file."""

import asyncio


async def retry(function, *arguments, attempts=3):
    for _ in range(attempts):
        try:
            return await function(*arguments)
        except OSError:
            await asyncio.sleep(1)
    raise TimeoutError


async def in_a_thread(function, *arguments):
    return await asyncio.to_thread(function, *arguments)


class Runner:
    @staticmethod
    async def run(function):
        return await retry(lambda: function())

    async def twice(self, function):
        await retry(function)
        return await retry(function)


async def counted(function):
    nc = await function()
    print(nc)
    return nc
