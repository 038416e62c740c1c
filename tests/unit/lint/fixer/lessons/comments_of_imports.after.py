"""Comments beside names that are imported no more stay: without their place, so the fix is unsafe."""

import nats
from naq.connection import (
    # by hand
    # shut
    nats_connection,
)

from .app import run  # start


async def f(config):
    async with nats_connection(config) as conn:  # unsafe: the comment '# shut' would move away from its statement
        await run(conn)
