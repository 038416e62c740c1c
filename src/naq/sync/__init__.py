"""naq for programs without asyncio, such as Django and Flask: the same methods, without `await`.

    from naq.sync import Queue

    job = Queue("mail").enqueue(send, "a@example.org")

One event loop in a background thread serves all calls of the process; see `naq.sync.background`.
"""

from naq.sync.background import call, close
from naq.sync.queue import Queue, ScheduledQueue

__all__ = ["Queue", "ScheduledQueue", "call", "close"]
