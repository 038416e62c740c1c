"""Silent: a task is not the client that it gives, nor is the client open for anything else."""

import asyncio

import redis.asyncio


async def read():
    task = asyncio.ensure_future(redis.asyncio.Redis())
    print(task)


async def read_at_once():
    print(asyncio.ensure_future(redis.asyncio.Redis()))
