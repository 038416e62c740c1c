"""What can be set, with defaults, limits and units: immutable values. Knows no server and reads no file.

`get_config()` reads the environment and the files; the reading itself is in `naq.settings`.
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
from naq.settings.kept import read_config
from naq.settings.problems import problems_of
from naq.settings.servers import ServerList, as_list, split_credentials

__all__ = [
    "Config",
    "ConfigError",
    "EventsConfig",
    "NatsConfig",
    "QueueConfig",
    "TlsConfig",
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


def _prefix(name: str) -> str:
    if name not in (".", "*") and not _MODULE.fullmatch(name):
        raise ValueError("expected the name of a module, such as shop.tasks, '.' or '*'")
    return name


Modules = Annotated[tuple[Annotated[str, AfterValidator(_module)], ...], BeforeValidator(as_list)]
Prefixes = Annotated[tuple[Annotated[str, AfterValidator(_prefix)], ...], BeforeValidator(as_list)]


class Section(BaseModel):
    """An immutable group of settings; wrong values and unknown keys raise `ConfigError`, in copies too."""

    # The validators are built when the first value is made, so that importing this module stays cheap.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)

    def __init__(self, /, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ConfigError(problems_of(error, type(self))) from None

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some values changed; unlike pydantic's own, the new values are checked."""
        values = {name: getattr(self, name) for name in self.model_fields_set}
        return type(self)(**{**values, **(update or {})})


class TlsConfig(Section):
    """How to encrypt: files in PEM format. An empty section asks for TLS with the system's certificates."""

    ca_file: Path | None = Field(default=None, description="authorities to trust in place of the system's")
    cert_file: Path | None = Field(default=None, description="our certificate, for servers that ask for one")
    key_file: Path | None = Field(default=None, description="the private key of cert_file")
    hostname: str | None = Field(default=None, description="name expected in the server's certificate")
    handshake_first: bool = Field(default=False, description="encrypt before the server's greeting")

    @model_validator(mode="after")
    def _key_needs_certificate(self) -> Self:
        if self.key_file is not None and self.cert_file is None:
            raise ValueError("key_file without cert_file")
        return self


class NatsConfig(Section):
    """How to reach the server, and how long to wait for it. Equal values share one connection, others never do."""

    servers: ServerList = Field(
        default=("nats://127.0.0.1:4222",),
        description="URLs; credentials written into one are moved to user and password",
    )
    client_name: str = Field(default="naq", min_length=1, description="name shown in the server's monitoring")
    inbox_prefix: Subject = Field(
        default="_INBOX", description="before the subjects of answers; a user with another prefix cannot read them"
    )
    user: str | None = None
    password: SecretStr | None = None
    token: SecretStr | None = None
    credentials: Path | None = Field(default=None, description="a .creds file (JWT and seed)")
    nkey: SecretStr | None = Field(default=None, description="an nkey seed")
    tls: TlsConfig | None = None
    connect_timeout: Seconds = Field(default=2.0, description="until a lease raises ConnectFailed")
    reconnect_time_wait: Seconds = Field(default=0.5, description="between two tries for the same server")
    max_reconnect_attempts: int = Field(default=-1, ge=-1, description="for each server; -1: never give up")
    drain_timeout: Seconds = Field(default=5.0, description="for handlers to finish when a connection closes")
    flush_timeout: Seconds = Field(default=5.0, description="for what was published to reach the server at the end")
    ping_interval: Seconds = Field(default=20.0, description="between two signs of life")
    max_outstanding_pings: int = Field(default=2, ge=1, description="unanswered, until the server counts as gone")
    idle_timeout: Seconds = Field(default=30.0, description="until an unused connection is closed")

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
    """Names and limits of streams and buckets, and the options of a job that sets none."""

    prefix: Name = Field(default="naq", description="first part of every stream, subject and bucket")
    replicas: int = Field(default=1, ge=1, le=5, description="copies of each stream in a cluster")
    storage: Literal["file", "memory"] = "file"
    duplicate_window: Seconds = Field(default=120.0, description="in which a waiting or done job is not stored again")
    publish_timeout: Seconds = Field(default=5.0, description="for the server to confirm that it has stored a job")
    publish_attempts: int = Field(default=3, ge=1, description="times publish_timeout: how long enqueue goes on trying")
    max_retries: int = Field(default=0, ge=0, description="of a job that says nothing else")
    retry_delay: Seconds = Field(default=1.0, description="before the first retry of a job that says nothing else")
    result_ttl: Seconds = Field(default=86_400.0, description="for which a result is kept")
    state_ttl: Seconds = Field(default=86_400.0, description="for which a job's last state is kept")
    failed_max_age: Seconds = Field(default=2_592_000.0, description="for which a job that failed for good is kept")


class WorkerConfig(Section):
    """How a worker takes jobs, and how long it waits for them."""

    modules: Prefixes | None = Field(
        default=None,
        description="prefixes of modules whose functions may be run, besides those registered with @task: "
        "`shop.tasks` is a module and all below it, `.` the application's own code, `*` everything; "
        "when not set, `.`, and nothing more than @task where `imports` is set",
    )
    imports: Modules = Field(
        default=(), description="modules that a worker imports when it starts, so that their @task functions are known"
    )
    concurrency: int = Field(default=10, ge=1, le=10_000, description="jobs at once")
    prefetch: int = Field(default=10, ge=0, le=10_000, description="jobs fetched ahead of those that run")
    ack_wait: Seconds = Field(default=30.0, description="without a sign of life until a job is given to another worker")
    max_lost: int = Field(
        default=3, ge=1, description="runs that begin and never end, as their worker dies, until a job counts as failed"
    )
    isolation: Literal["alone", "process"] = Field(
        default="alone",
        description="`alone`: a job whose worker died runs with no other beside it; `process`: such a job, and each "
        "plain function, runs in a separate process, which is killed when its time is over",
    )
    max_deliver: int = Field(default=100_000, ge=2, description="deliveries until the server gives a job up")
    import_delay: Seconds = Field(default=5.0, description="until a function that cannot be imported is tried again")
    import_tries: int = Field(default=3, ge=1, description="of a function that cannot be imported, at least")
    import_patience: Annotated[float, Field(ge=0, le=31_536_000, allow_inf_nan=False)] = Field(
        default=60.0,
        description="for which a function that cannot be imported is tried at least: a deploy may be rolling",
    )
    dependency_timeout: Seconds = Field(default=86_400.0, description="for which a job waits for another")
    shutdown_timeout: Seconds = Field(default=30.0, description="for running jobs to finish after the first signal")
    heartbeat_interval: Seconds = Field(default=5.0, description="between two entries in the status bucket")
    heartbeat_ttl: Seconds = Field(default=15.0, description="until a silent worker disappears from the status")

    @property
    def allowed(self) -> tuple[str, ...]:
        """The prefixes that hold: those of `modules`, or the default in their place."""
        if self.modules is not None:
            return self.modules
        return () if self.imports else (".",)


class EventsConfig(Section):
    """Whether queue and worker publish their life-cycle events, and how long those are kept."""

    enabled: bool = False
    subject: Subject = Field(default="events", description="before the type of an event that is not kept")
    max_age: Seconds = Field(default=604_800.0, description="for which an event is kept in its stream")
    buffer: int = Field(default=1_000, ge=1, description="events that a subscriber holds before the server waits")


class Config(Section):
    """All settings. Immutable; `model_copy(update=...)` derives another."""

    nats: NatsConfig = NatsConfig()
    queue: QueueConfig = QueueConfig()
    worker: WorkerConfig = WorkerConfig()
    events: EventsConfig = EventsConfig()
    serializer: Literal["json", "cloudpickle"] = Field(
        default="json", description="cloudpickle runs code that it reads"
    )

    @classmethod
    def for_servers(cls, *servers: str) -> Config:
        """The defaults, with these servers (URLs)."""
        return cls(nats=NatsConfig(servers=servers))


def get_config() -> Config:
    """Settings from `NAQ_*` variables over `naq.toml` over `[tool.naq]` in `pyproject.toml` over the defaults.

    Both files are looked for in the working directory; `NAQ_CONFIG_FILE` names another file in place of `naq.toml`.
    A variable is named after its key, levels joined by two underscores: `NAQ_NATS__CONNECT_TIMEOUT`. Lists are
    separated by commas. What was read is kept until a variable, a file or the working directory changes, so a call
    costs microseconds. Raises `ConfigError`, which names each unknown key and wrong value and its source.
    """
    return read_config(Config)
