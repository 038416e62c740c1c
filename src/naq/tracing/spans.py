"""The names, attributes and headers of spans, by OpenTelemetry's conventions for messaging. Needs opentelemetry-api.

The context travels as W3C Trace Context alone (`traceparent`, `tracestate`), whatever propagators the application has
set: a job waits in a store that others may read, where baggage does not belong.
"""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import Tracer, get_tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

HEADERS: Final = ("traceparent", "tracestate")
SYSTEM: Final = "nats"
_VERSION: Final = version("naq")
_W3C: Final = TraceContextTextMapPropagator()


def tracer() -> Tracer:
    """Return the tracer of this library, from the provider that the application has set or will set."""
    return get_tracer("naq", _VERSION)


def attributes(operation: str, kind: str, subject: str) -> dict[str, AttributeValue]:
    """Return the attributes that all spans of an operation have; `kind` is `send` or `process`."""
    found: dict[str, AttributeValue] = {
        "messaging.system": SYSTEM,
        "messaging.operation.name": operation,
        "messaging.operation.type": kind,
    }
    if subject:
        found["messaging.destination.name"] = subject
    return found


def headers_of_current() -> dict[str, str]:
    """Return the headers with the context of the current span."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier


def context_in(headers: Mapping[str, str]) -> Context:
    """Return the context in the headers of a message, an empty one if there is none or it cannot be read."""
    carrier = {name: str(headers[name]) for name in HEADERS if name in headers}
    return _W3C.extract(carrier, Context())
