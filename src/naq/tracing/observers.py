"""Which observers of a worker's runs the configuration asks for."""

from naq.config import Config
from naq.tracing import missing
from naq.worker.observing import Observer


def run_observers(config: Config) -> tuple[Observer, ...]:
    """Return the observer that makes spans of runs, none if traces are not enabled. Raises `ConfigError`."""
    if not config.tracing.enabled:
        return ()
    try:
        from naq.tracing.running import RunTracing
    except ModuleNotFoundError as error:
        raise missing(error) from None
    return (RunTracing(config),)
