"""Log lines of the command on standard error, as text for people or as JSON for programs."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from rich.console import Console

TEXT: Final = "%(asctime)s %(levelname)s %(message)s"
# The attributes of every record; others were passed as `extra`.
_USUAL: Final = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})


def set_up_logs(level: str | None, default: str, form: str | None, terminal: Console | None = None) -> None:
    """Send log lines to standard error, on a terminal above what it shows.

    Without a level, naq logs from `default` on and other modules from warnings on. A given level is for all modules.
    """
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if form == "json":
        handler.setFormatter(JsonLines())
    elif terminal is not None:
        from rich.logging import RichHandler

        handler = RichHandler(console=terminal, show_path=False, rich_tracebacks=False, markup=False)
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        handler.setFormatter(logging.Formatter(TEXT))
    logging.basicConfig(level=(level or "warning").upper(), handlers=[handler])
    logging.getLogger("naq").setLevel((level or default).upper())


class JsonLines(logging.Formatter):
    """Formats each record as one line of JSON: time, level, logger, message, and what the record has besides.

    A record that a job's function logs also has `job`, the job's id, and `queue`. `exception` is a traceback. Fields
    that were passed as `extra` keep their names; a field with the name of another is left out.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_job(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        extra = {name: value for name, value in vars(record).items() if name not in _USUAL and name not in fields}
        return _encoded({**{name: _escaped(value) for name, value in fields.items()}, **extra})


def _job() -> dict[str, str]:
    """Return the id and the queue of the running job; nothing outside of a job."""
    # Imported here, as the help needs none of it.
    from naq.errors import NoCurrentJob
    from naq.job_context import current_job

    try:
        job = current_job()
    except NoCurrentJob:
        return {}
    return {"job": job.id, "queue": job.queue}


def _encoded(fields: dict[str, Any]) -> str:
    import msgspec

    try:
        return msgspec.json.encode(fields, enc_hook=repr).decode()
    except (ValueError, TypeError, RecursionError, OverflowError):
        # A value that was passed as `extra` cannot be encoded.
        return msgspec.json.encode({name: _escaped(str(value)) for name, value in fields.items()}).decode()


def _escaped(text: str) -> str:
    """Return the text with halves of surrogate pairs escaped: file names that are not UTF-8 contain them."""
    return text.encode(errors="backslashreplace").decode()
