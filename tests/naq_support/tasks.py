"""A module that registers its tasks: what it does not register is not offered to workers."""

from __future__ import annotations

import functools
import os
from os import system
from subprocess import getoutput

from naq import task

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
