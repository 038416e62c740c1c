"""Comments beside names that are imported no more stay: without their place, so the fix is unsafe."""

import nats
from naq.connection import (
    # by hand
    close_nats_connection,  # shut
    get_nats_connection,
)

from .app import run  # start


async def f(config):
    nc = await get_nats_connection(config.nats.servers)  # unsafe: the comment '# shut' would move away from its statement
    try:
        await run(nc)
    finally:
        await close_nats_connection(nc)
