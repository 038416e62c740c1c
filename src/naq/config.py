"""All settings with defaults, limits and units, as immutable values.

`get_config()` reads the environment and the files, with the help of `naq.settings`.
Seconds are floats everywhere. Secrets are `SecretStr`: no `repr`, log line or error message shows one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from naq.errors import ConfigError
from naq.option_values import QUEUE_NAME, is_path, parse_rate, problem_with
from naq.settings.addresses import ListenAddress
from naq.settings.kept import read_config
from naq.settings.problems import problems_of
from naq.settings.servers import ServerList, as_list, split_credentials

__all__ = [
    "Config",
    "ConfigError",
    "DashboardConfig",
    "EventsConfig",
    "LimitsConfig",
    "NatsConfig",
    "QueueConfig",
    "TlsConfig",
    "TracingConfig",
    "WorkerConfig",
    "get_config",
]

Seconds = Annotated[float, Field(gt=0, le=31_536_000, allow_inf_nan=False)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Subject = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,7}$")]
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def _module(name: str) -> str:
    if not _MODULE.fullmatch(name):
        raise ValueError("expected the name of a module, such as shop.tasks")
    return name


def _limit(entry: str) -> str:
    name, _, limit = (part.strip() for part in entry.rpartition("="))
    known = QUEUE_NAME.fullmatch(name) or is_path(name)
    number = limit.isdecimal() and problem_with("limit", int(limit)) is None
    if not known or not (number or parse_rate(limit)):
        raise ValueError(
            "expected NAME=LIMIT, with a limit from 1 to 10000 jobs at once, or a rate such as 10/s, 100/min, 1000/h"
        )
    return f"{name}={limit}"


def _prefix(name: str) -> str:
    if name not in (".", "*") and not _MODULE.fullmatch(name):
        raise ValueError("expected the name of a module, such as shop.tasks, '.' or '*'")
    return name


Modules = Annotated[tuple[Annotated[str, AfterValidator(_module)], ...], BeforeValidator(as_list)]
Prefixes = Annotated[tuple[Annotated[str, AfterValidator(_prefix)], ...], BeforeValidator(as_list)]


LimitEntries = Annotated[tuple[Annotated[str, AfterValidator(_limit)], ...], BeforeValidator(as_list)]


class Section(BaseModel):
    """An immutable group of settings; wrong values and unknown keys raise `ConfigError`, also in `model_copy`."""

    # The validators are built when the first value is made, so that importing this module stays cheap.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ConfigError(problems_of(error, type(self))) from None

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some values changed. Unlike in pydantic, the new values are checked."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self)(**{**values, **(update or {})})


class TlsConfig(Section):
    """How to encrypt the connection, with files in PEM format. An empty section means TLS with default certificates."""

    ca_file: Path | None = Field(default=None, description="certificates of authorities, in place of the system's")
    cert_file: Path | None = Field(default=None, description="the client's certificate, if the server requires one")
    key_file: Path | None = Field(default=None, description="the private key of cert_file")
    hostname: str | None = Field(default=None, description="name expected in the server's certificate")
    handshake_first: bool = Field(default=False, description="start TLS before the server sends its greeting")

    @model_validator(mode="after")
    def _key_needs_certificate(self) -> Self:
        if self.key_file is not None and self.cert_file is None:
            raise ValueError("key_file without cert_file")
        return self


class NatsConfig(Section):
    """How to reach the server, and how long to wait for it. Only settings with equal values share one connection."""

    servers: ServerList = Field(
        default=("nats://127.0.0.1:4222",),
        description="URLs; credentials written into one are moved to user and password",
    )
    client_name: str = Field(default="naq", min_length=1, description="name of the client in the server's monitoring")
    inbox_prefix: Subject = Field(
        default="_INBOX",
        description="first part of the subjects of answers; users with other prefixes cannot read the answers",
    )
    user: str | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None
    credentials: Path | None = Field(default=None, description="a .creds file (JWT and seed)")
    nkey: SecretStr | None = Field(default=None, description="an nkey seed")
    tls: TlsConfig | None = None
    connect_timeout: Seconds = Field(default=2.0, description="time after which a lease raises ConnectFailed")
    reconnect_time_wait: Seconds = Field(default=0.5, description="pause between two tries for the same server")
    max_reconnect_attempts: int = Field(default=-1, ge=-1, description="tries for each server; -1: without limit")
    drain_timeout: Seconds = Field(default=5.0, description="time for handlers to finish when a connection closes")
    flush_timeout: Seconds = Field(default=5.0, description="time to send published messages when a connection closes")
    ping_interval: Seconds = Field(default=20.0, description="time between two checks that the server answers")
    max_outstanding_pings: int = Field(
        default=2, ge=1, description="unanswered checks after which a connection counts as lost"
    )
    idle_timeout: Seconds = Field(default=30.0, description="time after which an unused connection is closed")

    @model_validator(mode="before")
    @classmethod
    def _credentials_out_of_urls(cls, values: Any) -> Any:
        return split_credentials(values) if isinstance(values, Mapping) else values

    @model_validator(mode="after")
    def _one_kind_of_credentials(self) -> Self:
        if self.password is not None and self.user is None:
            raise ValueError("password without user")
        kinds = [name for name in ("user", "token", "credentials", "nkey") if getattr(self, name) is not None]
        if len(kinds) > 1:
            raise ValueError(f"one kind of credentials is expected, not {' and '.join(kinds)}")
        if self.max_reconnect_attempts == 0:
            raise ValueError("max_reconnect_attempts: expected -1 (never give up) or a number from 1")
        return self


class QueueConfig(Section):
    """Names and limits of streams and buckets, and defaults for the options of jobs."""

    prefix: Name = Field(default="naq", description="first part of every stream, subject and bucket")
    replicas: int = Field(default=1, ge=1, le=5, description="copies of each stream in a cluster")
    storage: Literal["file", "memory"] = "file"
    duplicate_window: Seconds = Field(default=120.0, description="time for which a job is not stored twice")
    publish_timeout: Seconds = Field(default=5.0, description="time for the server to confirm that it has stored a job")
    publish_attempts: int = Field(default=3, ge=1, description="enqueue tries for publish_timeout times this number")
    max_retries: int = Field(default=0, ge=0, description="runs after the first failed one, for a job that sets none")
    retry_delay: Seconds = Field(default=1.0, description="before each retry of a job that sets none")
    result_ttl: Seconds = Field(default=86_400.0, description="time for which a result is kept")
    state_ttl: Seconds = Field(default=86_400.0, description="time for which a job's last state is kept")
    failed_max_age: Seconds = Field(default=2_592_000.0, description="time for which a permanently failed job is kept")


class WorkerConfig(Section):
    """Which functions a worker runs, how many at the same time, and its time limits."""

    modules: Prefixes | None = Field(
        default=None,
        description="prefixes of modules whose functions may be run, besides those registered with @task: "
        "`shop.tasks` is a module and all below it, `.` the application's own code, `*` everything; "
        "when not set, `.`, and nothing more than @task where `imports` is set",
    )
    imports: Modules = Field(
        default=(), description="modules that a worker imports when it starts, so that their @task functions are known"
    )
    concurrency: int = Field(default=10, ge=1, le=10_000, description="jobs that run at the same time")
    prefetch: int = Field(default=10, ge=0, le=10_000, description="jobs fetched in addition to those that run")
    ack_wait: Seconds = Field(
        default=30.0, description="time without a sign of life after which the server gives a job to another worker"
    )
    max_lost: int = Field(
        default=3, ge=1, description="runs of a job that start and never end, as their worker dies, until it has failed"
    )
    isolation: Literal["alone", "process"] = Field(
        default="alone",
        description="`alone`: a job whose worker died runs with no other beside it; `process`: such a job, and each "
        "plain function, runs in a separate process, which is killed when its time is over",
    )
    max_deliver: int = Field(
        default=100_000, ge=2, description="deliveries of a job after which the server no longer delivers it"
    )
    priorities: bool = Field(
        default=False,
        description="make the consumers of high and low jobs at the start, not only when the first such job waits",
    )
    import_delay: Seconds = Field(default=5.0, description="time until a failed import of a function is tried again")
    import_tries: int = Field(default=3, ge=1, description="minimum number of tries to import a function")
    import_patience: Annotated[float, Field(ge=0, le=31_536_000, allow_inf_nan=False)] = Field(
        default=60.0,
        description="minimum time for which a failed import is tried again, as a rolling deploy may be under way",
    )
    dependency_timeout: Seconds = Field(default=86_400.0, description="time that a job waits for its dependencies")
    shutdown_timeout: Seconds = Field(default=30.0, description="time for running jobs to finish after a signal")
    heartbeat_interval: Seconds = Field(default=5.0, description="time between two heartbeats of a worker")
    heartbeat_ttl: Seconds = Field(default=15.0, description="time for which a worker without heartbeats is listed")
    metrics: ListenAddress | None = Field(
        default=None,
        description="address for Prometheus, such as 127.0.0.1:9400: /metrics, and what `health` serves",
    )
    health: ListenAddress | None = Field(
        default=None, description="address for health checks, such as 0.0.0.0:8081: /healthz and /readyz"
    )

    @property
    def allowed(self) -> tuple[str, ...]:
        """The prefixes in effect: those of `modules`, or the default when it is not set."""
        if self.modules is not None:
            return self.modules
        return () if self.imports else (".",)


class EventsConfig(Section):
    """Whether queues and workers publish events of jobs, and how long events are kept."""

    enabled: bool = False
    subject: Subject = Field(default="events", description="first part of the subjects of events that are not kept")
    max_age: Seconds = Field(default=604_800.0, description="time for which an event is kept in its stream")
    buffer: int = Field(default=1_000, ge=1, description="events that a subscriber holds at most")


class LimitsConfig(Section):
    """Limits of queues and functions over all workers, for the workers that read these settings."""

    queues: LimitEntries = Field(
        default=(), description="`QUEUE=3`: so many jobs at once; `QUEUE=100/min`: so many per time (s, min, h, d)"
    )
    functions: LimitEntries = Field(default=(), description="the same for functions by import path: `shop:send=3`")


class TracingConfig(Section):
    """Whether queues and workers make spans with OpenTelemetry."""

    enabled: bool = Field(default=False, description="a span for each enqueue and each run; needs naq[otel]")


class DashboardConfig(Section):
    """Where the dashboard is served, what it shows, and whether it may act."""

    address: ListenAddress = Field(default="127.0.0.1:8321", description="where it listens")
    token: Annotated[SecretStr, Field(min_length=16)] | None = Field(
        default=None,
        description="needed to act, and on other interfaces than loopback to see anything; by default a new token is "
        "made and printed at each start",
    )
    allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(as_list)] = Field(
        default=(), description="host names under which it is reached, besides localhost and IP addresses"
    )
    allow_actions: bool = Field(default=False, description="allow requeueing and deleting failed jobs")
    show_arguments: bool = Field(default=False, description="show arguments and results of jobs, which may be secret")


class Config(Section):
    """All settings. Immutable; `model_copy(update=...)` derives another."""

    nats: NatsConfig = NatsConfig()
    queue: QueueConfig = QueueConfig()
    worker: WorkerConfig = WorkerConfig()
    events: EventsConfig = EventsConfig()
    tracing: TracingConfig = TracingConfig()
    dashboard: DashboardConfig = DashboardConfig()
    limits: LimitsConfig = LimitsConfig()
    serializer: Literal["json", "cloudpickle"] = Field(
        default="json", description="encoding of arguments and results; decoding cloudpickle can run any code"
    )

    @classmethod
    def for_servers(cls, *servers: str) -> Config:
        """Return the defaults with these servers (URLs)."""
        return cls(nats=NatsConfig(servers=servers))


def get_config() -> Config:
    """Return the settings: `NAQ_*` variables over `naq.toml` over `[tool.naq]` in `pyproject.toml` over the defaults.

    Both files are looked for in the working directory; `NAQ_CONFIG_FILE` names another file in place of `naq.toml`.
    A variable is named after its key, levels joined by two underscores: `NAQ_NATS__CONNECT_TIMEOUT`. Lists are
    separated by commas. The settings are kept until a variable, a file or the working directory changes, so that a
    call takes microseconds. Raises `ConfigError`, which names each unknown key and wrong value and its source.
    """
    return read_config(Config)
