# settings: {"catalogues": ["processes", "asyncio:process"]}
"""Processes and executors, which a project asks for."""

import asyncio
import subprocess
from concurrent.futures import ThreadPoolExecutor


def waited_for():
    process = subprocess.Popen(["true"])
    process.wait()


def never_waited_for():
    process = subprocess.Popen(["true"])  # expect: NAQ103@15 process 'process' is never closed; use 'with subprocess.Popen(["true"]) as process'
    print(process.pid)


async def communicated_with():
    process = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE)
    return await process.communicate(b"x")


async def forgotten():
    process = await asyncio.create_subprocess_exec("cat")  # expect: NAQ103@21 process 'process' is never closed; call 'process.kill()' in a 'finally'
    print(process.pid)


def executor(items):
    pool = ThreadPoolExecutor()  # expect: NAQ103@12 executor 'pool' is never closed; use 'with ThreadPoolExecutor() as pool'
    return list(pool.map(str, items))


def executor_in_a_block(items):
    with ThreadPoolExecutor() as pool:
        return list(pool.map(str, items))
