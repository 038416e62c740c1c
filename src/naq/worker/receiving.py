"""Settling a job that failed in a block of `Queue.receive`, in the same way as a worker does."""

import asyncio

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from naq.config import Config
from naq.errors import NotRetryable
from naq.events.lifecycle import LifecycleSink
from naq.job import Job, with_task_options
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
    """Give the message back with the delay of a retry, or store the job as failed.

    Returns whether the job is on its queue. Raises nats-py's errors when the records of the job cannot be read.
    """
    await ensure_buckets(js, config)
    delivery = Delivery.of(msg, job.queue, asyncio.get_running_loop().time())
    delivery.job = job = with_task_options(job)
    earlier = await Records(js, config).earlier(job.id, delivery)
    outcome: Outcome = Raised(one_line(error), text_of(error), retryable=not isinstance(error, NotRetryable))
    if earlier.settled or earlier.overtaken:
        # The block ran for longer than the ack wait without contact, so another receiver has or had the job.
        outcome = SettledBefore() if earlier.settled else Overtaken()
    delivery.tally = earlier.tally
    settler = Settler(connection, js, await pipeline_of(connection), config, new_worker_id(), events)
    settled = await settler.settle(delivery, decide(outcome, earlier.tally, Policy.of(job.options, config)))
    return settled is None or settled.action is Action.NAK
