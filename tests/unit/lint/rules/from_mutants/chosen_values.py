"""Values that are chosen, of which each choice is a step to the class of the value."""

import asyncpg


async def chosen_twice(known, wanted):
    pool = (await asyncpg.create_pool() if known else None) if wanted else None  # expect: NAQ103
    connection = await pool.acquire()  # expect: NAQ103
    await connection.fetch()


async def chosen_three_times(known, wanted, allowed):
    pool = ((await asyncpg.create_pool() if known else None) if wanted else None) if allowed else None  # expect: NAQ103
    connection = await pool.acquire()  # expect: NAQ103
    await connection.fetch()
