"""A module that registers its tasks: what it does not register is not offered to workers."""

from __future__ import annotations

import functools
import os
from os import system
from subprocess import getoutput

from naq import task
from naq.job import JobOptions
from naq_support import jobs

__all__ = ["getoutput", "os", "system"]

join = functools.partial(" ".join)


@task
def double(number: int) -> int:
    return 2 * number


@task
async def double_later(number: int) -> int:
    return 2 * number


def unmarked(number: int) -> int:
    return number


class Shop:
    @staticmethod
    @task
    def sell(thing: str) -> str:
        return f"sold {thing}"

    @staticmethod
    def close() -> str:
        return "closed"


ONCE = JobOptions(max_retries=0)


@task(max_retries=2, retry_delay=0)
def try_thrice(key: str) -> int:
    return jobs.fail_at_first(key, 2)


@task(result_ttl=0)
def leave_nothing() -> str:
    return "nothing"


@task(queue="bell")
def ring(times: int) -> int:
    return times
