"""What a branch does behind its close is the same in front of it."""

import os
import sqlite3
import sys
from dataclasses import dataclass, field
from typing import NamedTuple

import nats


@dataclass
class Result:
    ok: bool
    errors: int = 0
    rows: list = field(default_factory=list)


class Pair(NamedTuple):
    ok: bool
    detail: str


@dataclass
class Counted:
    path: str

    def __post_init__(self):
        self.size = len(open(self.path).read())


class Loaded:
    def __init__(self, path):
        self.path = path


async def a_script_ends(url):
    nc = await nats.connect(url)
    try:
        await nc.flush()
    except Exception as error:
        print(error)
        await nc.close()
        sys.exit(1)
    await nc.publish("a", b"b")
    await nc.close()


async def a_process_ends_at_once(url):
    nc = await nats.connect(url)  # left: line N comes after the release on line N
    try:
        await nc.flush()
    except Exception as error:
        await nc.close()
        os._exit(1)
    await nc.publish("a", b"b")
    await nc.close()


async def a_text_is_read_at_the_end(url, report):
    nc = await nats.connect(url)  # left: line N comes after the release on line N
    try:
        await nc.flush()
    except Exception:
        await nc.close()
        sys.exit(report())
    await nc.publish("a", b"b")
    await nc.close()


def a_record_is_returned(path):
    db = sqlite3.connect(path)
    try:
        rows = db.execute("select 1").fetchall()
    except sqlite3.Error as error:
        db.close()
        return Result(ok=False, errors=1)
    db.close()
    return Result(True, rows=rows)


def a_named_tuple_is_returned(path):
    db = sqlite3.connect(path)
    if not path:
        db.close()
        return Pair(False, f"no {path}")
    row = db.execute("select 1").fetchone()
    db.close()
    return Pair(True, str(row))


def a_record_that_looks_at_the_file(path):
    db = sqlite3.connect(path)  # unsafe: line N would come before the close
    try:
        db.execute("select 1")
    except sqlite3.Error:
        db.close()
        return Counted(path)
    db.close()
    return None


def an_object_of_another_class(path):
    db = sqlite3.connect(path)  # unsafe: line N would come before the close
    try:
        db.execute("select 1")
    except sqlite3.Error:
        db.close()
        return Loaded(path)
    db.close()
    return None


def a_text_of_the_resource_is_returned(path):
    db = sqlite3.connect(path)  # left: line N comes after the release on line N
    try:
        db.execute("select 1")
    except sqlite3.Error:
        db.close()
        return str(db)
    db.close()
    return None


async def only_a_branch_closes_and_a_view_is_used_behind(url):
    nc = await nats.connect(url)
    js = nc.jetstream()
    try:
        sub = await js.pull_subscribe("jobs", durable="worker")
    except Exception as error:
        print(error)
        await nc.close()
        sys.exit(1)

    print("ready")
    while True:
        try:
            for message in await sub.fetch(10):
                await message.ack()
        except TimeoutError:
            continue


def only_a_branch_closes_and_a_cursor_is_read_behind(path, load):
    db = sqlite3.connect(path)
    try:
        load()
        cursor = db.execute("select 1")
    except sqlite3.Error:
        db.close()
        raise
    try:
        for row in cursor:
            load(row)
    except Exception:
        pass
    print("read")


def a_value_is_bound_behind(path, counts):
    db = sqlite3.connect(path)  # unsafe: line N would come before the close
    if not path:
        db.close()
        counts.size = 0
        return counts
    counts.size = db.execute("select 1").fetchone()[0]
    db.close()
    return counts
