"""naq: a job queue on NATS JetStream whose modules reach the server only through context managers."""

from naq.tasks import task

__all__ = ["task"]
