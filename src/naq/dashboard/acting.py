"""The actions of the dashboard: putting failed jobs back on their queue, and deleting them."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from naq.config import Config
from naq.errors import DeserializationError, JobNotFound
from naq.names import check_queue_name
from naq.worker.failed import FailedJobs

# Jobs that one action on a whole queue requeues at most.
MOST: Final = 1000
AT_ONCE: Final = 50


class UnknownAct(DeserializationError):
    """A form that is not of a page of the dashboard."""


@dataclass(frozen=True, slots=True)
class Act:
    """What to do with failed jobs: those with these numbers, or `all_of` a queue. `queue` is the page to return to."""

    verb: str
    numbers: tuple[int, ...]
    all_of: str = ""
    queue: str = ""
    confirmed: bool = False

    @property
    def asks_first(self) -> bool:
        """Whether the user must confirm it: it cannot be undone, or concerns jobs that the user does not see."""
        return self.verb == "delete" or bool(self.all_of)


def parse_act(form: Mapping[str, list[str]]) -> Act:
    """Return the action in a form. Raises `UnknownAct` and `InvalidName`."""
    verb, _, number = form.get("do", [""])[0].partition(":")
    verb, _, scope = verb.partition("-")
    if verb not in ("requeue", "delete") or scope not in ("", "all"):
        raise UnknownAct("the form names no action")
    given = [number] if number else form.get("number", [])
    if not all(one.isascii() and one.isdecimal() and len(one) < 19 for one in given):
        raise UnknownAct("the form has a number that is not a number")
    queue = form.get("queue", [""])[0]
    if queue:
        check_queue_name(queue)
    if scope == "all":
        if not queue:
            raise UnknownAct("the form names no queue")
        return Act(verb, (), queue, queue, "confirmed" in form)
    if not given:
        raise UnknownAct("no job is selected")
    return Act(verb, tuple(dict.fromkeys(int(one) for one in given)), "", queue, "confirmed" in form)


async def perform(config: Config, act: Act) -> str:
    """Do it; returns what was done as a sentence. Raises `PermissionDenied`, naq's and nats-py's errors."""
    failed = FailedJobs(config)
    if act.all_of:
        if act.verb == "delete":
            return f"{_jobs(await failed.purge(act.all_of))} of queue {act.all_of} deleted."
        done = await failed.requeue_all(act.all_of, limit=MOST)
        left = await failed.count(act.all_of)
        rest = f"; {left:,} are left" if left else ""
        return f"{_jobs(done)} of queue {act.all_of} requeued{rest}."
    outcomes: list[str] = []
    for start in range(0, len(act.numbers), AT_ONCE):
        part = act.numbers[start : start + AT_ONCE]
        outcomes += await asyncio.gather(*(_one(failed, act.verb, number) for number in part))
    done = outcomes.count("")
    problems = sorted({outcome for outcome in outcomes if outcome})
    word = "requeued" if act.verb == "requeue" else "deleted"
    return " ".join([f"{_jobs(done)} {word}.", *(f"Not {word}: {problem}." for problem in problems)])


async def _one(failed: FailedJobs, verb: str, number: int) -> str:
    """Requeue or delete one job; returns why not, empty when it is done."""
    try:
        if verb == "requeue":
            await failed.requeue(number)
        else:
            await failed.purge(sequence=number)
    except (JobNotFound, DeserializationError) as error:
        return str(error)
    return ""


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count:,} jobs"
