"""Stopping a worker once its queues are empty."""

import asyncio
import logging
from typing import Final

import nats.errors
from nats.js import JetStreamContext

from naq.config import Config
from naq.queue.streams import names
from naq.worker.intake import Intake
from naq.worker.priority_watch import PriorityPulling
from naq.worker.stopping import Stop

logger = logging.getLogger(__name__)

# Seconds between two checks of whether the queues are empty.
LOOK: Final = 0.05


async def stop_when_empty(
    stop: Stop,
    intake: Intake,
    js: JetStreamContext,
    config: Config,
    queues: tuple[str, ...],
    priorities: PriorityPulling,
) -> None:
    """Request a stop once no job of the queues waits or runs anywhere."""
    while True:
        await asyncio.sleep(LOOK)
        try:
            if not intake.in_hand and await _all_empty(js, config, queues, priorities) and not intake.in_hand:
                stop.finish()
                return
        except nats.errors.ConnectionClosedError:
            raise
        except (nats.errors.Error, OSError) as error:
            logger.info("cannot check whether the queues are empty: %r", error)


async def _all_empty(
    js: JetStreamContext, config: Config, queues: tuple[str, ...], priorities: PriorityPulling
) -> bool:
    where = names(config)
    for queue in queues:
        info = await js.consumer_info(where.jobs, where.consumer(queue))
        if info.num_pending or info.num_ack_pending:
            return False
    return await priorities.none_wait()
