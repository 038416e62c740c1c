"""`naq cancel`: cancelling a job that waits, aborting a job that runs, and deleting a schedule."""

from __future__ import annotations

import click
import msgspec

from naq.command.context import Settings, duration, json_option, run
from naq.command.output import busy, print_json, print_line
from naq.queue.cancelling import cancel_job
from naq.records import Cancellation

_TEXTS = {
    "cancelled": "cancelled {}",
    "aborted": "aborted {}, which ran",
    "asked": "asked to cancel {}",
    "done": "too late: {} is done",
    "failed": "too late: {} has failed",
}


@click.command()
@click.argument("job_id")
@click.option(
    "--timeout", type=duration, default=5.0, metavar="DURATION",
    help="Longest wait for the job's worker to confirm (default: 5s).",
)  # fmt: skip
@json_option
@click.pass_obj
def cancel(settings: Settings, job_id: str, timeout: float, as_json: bool) -> int:
    """Cancel the job JOB_ID, or abort it if it runs; JOB_ID may also be the id of a repeating schedule.

    The exit code is 1 for a job that is done or has failed already, and for an unknown job.
    """
    config = settings.config()
    with busy(f"cancelling job {job_id}"):
        found = run(cancel_job(config, job_id, timeout))
    if as_json:
        print_json({**msgspec.structs.asdict(found), "stopped": found.stopped})
    else:
        print_line(_line(found))
    return 1 if found.answer in ("done", "failed") else 0


def _line(found: Cancellation) -> str:
    text = _TEXTS[found.answer].format(found.job_id)
    return f"{text}: {found.detail}" if found.detail else text
