"""What is opened by a function of another file, which gets the function that opens."""

import nats

from .clients import connect
from .retries import Runner, counted, in_a_thread, retry


async def by_its_name():
    nc = await retry(nats.connect, "u")  # expect: NAQ103
    await nc.publish("a", b"")


async def by_a_function_of_the_project():
    nc = await retry(connect)  # expect: NAQ103
    await nc.publish("a", b"")


async def by_a_lambda():
    nc = await retry(lambda: connect("v"), attempts=5)  # expect: NAQ103
    await nc.publish("a", b"")


async def by_a_static_method():
    nc = await Runner.run(lambda: connect("v"))  # expect: NAQ103
    await nc.publish("a", b"")


# Silent: a thread makes a coroutine, and the value of the other is also given to `print`.
async def not_known():
    nc = await in_a_thread(connect)
    other = await counted(connect)
    print(nc, other)
