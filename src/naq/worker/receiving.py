"""What becomes of a job that a program has received by hand and failed on: the same as if a worker had run it."""

import asyncio

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.config import Config
from naq.errors import NotRetryable
from naq.events.lifecycle import LifecycleSink
from naq.job import Job
from naq.queue.pipeline import pipeline_of
from naq.queue.streams import ensure_buckets
from naq.worker.delivery import Delivery
from naq.worker.delivery_history import Records
from naq.worker.describing import one_line, text_of
from naq.worker.heartbeat import new_worker_id
from naq.worker.settlement import Action, Outcome, Overtaken, Policy, Raised, SettledBefore, decide
from naq.worker.settler import Settler


async def settle_failure(
    connection: Client,
    js: JetStreamContext,
    config: Config,
    msg: Msg,
    job: Job,
    error: Exception,
    events: LifecycleSink | None,
) -> bool:
    """Give the message back with the delay of its retry, or store the job as failed; says whether it is on its queue.

    Raises nats-py's errors when it cannot be found out how often the job has failed.
    """
    await ensure_buckets(js, config)
    delivery = Delivery.of(msg, job.queue, asyncio.get_running_loop().time())
    delivery.job = job
    earlier = await Records(js, config).earlier(job.id, delivery)
    outcome: Outcome = Raised(one_line(error), text_of(error), retryable=not isinstance(error, NotRetryable))
    if earlier.settled or earlier.overtaken:
        # It was out of touch for so long that another has it, or has settled it.
        outcome = SettledBefore() if earlier.settled else Overtaken()
    delivery.tally = earlier.tally
    settler = Settler(connection, js, await pipeline_of(connection), config, new_worker_id(), events)
    settled = await settler.settle(delivery, decide(outcome, earlier.tally, Policy.of(job.options, config)))
    return settled is None or settled.action is Action.NAK
