"""The stream that keeps events until they reach their age limit."""

from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig

from naq.config import Config
from naq.queue.streams import ensure_stream, names


def events_stream(config: Config) -> StreamConfig:
    """Return the configuration of the stream of events; a full stream drops its oldest event."""
    where = names(config)
    return StreamConfig(
        name=where.events,
        subjects=[where.event(">")],
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        storage=StorageType(config.queue.storage),
        num_replicas=config.queue.replicas,
        duplicate_window=min(config.queue.duplicate_window, config.events.max_age),
        max_age=config.events.max_age,
        allow_direct=True,
    )


async def ensure_events(js: JetStreamContext, config: Config) -> None:
    """Create the stream of events; an existing stream keeps its configuration. Raises what `ensure_stream` raises."""
    await ensure_stream(js, events_stream(config))
