"""`naq list`, `naq peek`, `naq purge` and `naq result`: output and exit codes, against a real server."""

from __future__ import annotations

import asyncio
import io
import re
import sys
from collections.abc import Iterator

import pytest

from naq.cli import main
from naq.config import Config, NatsConfig
from naq.connection import nats_jetstream
from naq.queue.core import Queue
from naq.queue.scheduled import ScheduledQueue
from naq.queue.streams import ensure_buckets, names
from naq.records import JobState, encode
from naq.testing import NatsServer, ServerOptions
from naq.worker.core import Worker
from naq_support import jobs, typed
from naq_support.command import Naq, config, naq
from naq_support.typed import ORDER

__all__ = ["config", "naq"]


def enqueued(config: Config, *functions: object, queue: str = "mail", **options: object) -> list[str]:
    """Enqueue a job of each function, and return their ids."""

    async def enqueue() -> list[str]:
        chosen = Queue(queue, config).options(**options)  # type: ignore[arg-type]
        return [(await chosen.enqueue(function, 1, 2)).id for function in functions]  # type: ignore[arg-type]

    return asyncio.run(enqueue())


def work_off(config: Config, queue: str = "mail") -> None:
    asyncio.run(Worker(queue, config, burst=True).run(handle_signals=False))


def test_the_jobs_of_a_queue_are_listed(naq: Naq, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second, third = enqueued(config, jobs.add, jobs.add, jobs.fail)
    later = asyncio.run(ScheduledQueue("mail", config).enqueue_in(3600, jobs.add, 1, 2)).id
    title, header, *rows, rest = naq("list", "mail", "--limit", "3").splitlines()
    assert (title.rstrip(), header.split()) == (
        "Jobs of queue mail",
        ["number", "job", "state", "function", "enqueued"],
    )
    assert [row.split()[:3] for row in rows] == [
        ["1", first, "queued"],
        ["2", second, "queued"],
        ["3", third, "queued"],
    ]
    assert rest == "3 of 4 jobs; --after 3 shows the next"
    following = naq("list", "mail", "--after", "3")
    assert f"{later}  scheduled  naq_support.jobs:add" in following
    assert "next: " in following
    assert naq("list", "mail", "--after", "4") == "no jobs on queue mail behind number 4\n"
    assert naq("list", "mail", "--state", "running") == "no running jobs on queue mail\n"
    listed = naq.json("list", "mail", "--state", "queued", "--limit", "1")
    assert [(one["id"], one["state"], one["worker"], one["due"]) for one in listed] == [(first, "queued", "", None)]
    # No argument is shown, and an id is whole on a narrow terminal.
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "24")
    assert third in naq("list", "mail")


def test_peek_shows_the_next_job_and_its_arguments_only_when_asked(naq: Naq, config: Config) -> None:
    (job,) = enqueued(config, jobs.add, max_retries=3)
    shown = naq("peek", "mail")
    assert job in shown
    assert '{"max_retries":3}' in shown
    assert "args" not in shown
    assert set(naq.json("peek", "mail")) == {"job", "function", "queue", "number", "enqueued_at", "options"}
    assert "[1,2]" in naq("peek", "mail", "--arguments")
    assert naq.json("peek", "mail", "-a")["args"] == [1, 2]
    assert asyncio.run(Queue("mail", config).depth()) == 1
    work_off(config)
    assert naq("peek", "mail") == "no job waits on queue mail\n"
    assert naq.json("peek", "mail") is None


def test_objects_are_shown_without_their_classes(naq: Naq, config: Config) -> None:
    job = asyncio.run(Queue("mail", config).enqueue(typed.pack, ORDER))
    order = {"colour": "Colour.GREEN", "place": {"Point": {"x": 1, "y": 2.5}}}
    (shown,) = naq.json("peek", "mail", "-a")["args"]
    assert order.items() <= shown["Order"].items()
    work_off(config)
    assert order.items() <= naq.json("result", job.id)["result"]["Order"].items()
    assert '"unit_price":"1.50"' in naq("result", job.id)


def test_pickled_arguments_are_not_decoded_unless_asked(naq: Naq, config: Config) -> None:
    pickling = config.model_copy(update={"serializer": "cloudpickle"})
    enqueued(pickling, jobs.add)
    assert naq.json("peek", "mail")["function"] == "naq_support.jobs:add"
    assert len(naq.json("list", "mail")) == 1
    assert "a pickle is refused" in naq("peek", "mail", "--arguments", code=1)


def test_purge_asks_first(naq: Naq, config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    enqueued(config, jobs.add, jobs.add)

    def answers(text: str) -> None:
        terminal = io.StringIO(text)
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stdin", terminal)

    answers("n\n")
    code, out, err = naq.run("purge", "mail")
    assert (code, out) == (1, "")
    assert err.endswith("Delete 2 jobs of queue mail? [y/N]: nothing was deleted\n")
    answers("")
    assert naq.run("purge", "mail").code == 130
    assert asyncio.run(Queue("mail", config).depth()) == 2
    answers("y\n")
    code, out, err = naq.run("purge", "mail", "-f", "*:add")
    assert (code, out) == (0, "2 purged\n")
    assert "Delete 2 jobs of queue mail of *:add?" in err
    asyncio.run(Queue("mail", config).setup())
    # Nothing to delete, nothing to ask.
    assert naq("purge", "mail") == "0 purged\n"


def test_purge_deletes_those_that_are_chosen(naq: Naq, config: Config) -> None:
    enqueued(config, jobs.add, jobs.fail, jobs.add)
    later = asyncio.run(ScheduledQueue("mail", config).enqueue_in(3600, jobs.add, 1, 2)).id
    assert naq.json("purge", "mail", "--yes", "--older-than", "1h") == {"purged": 0}
    assert naq.json("purge", "mail", "--yes", "--function", "naq_support.jobs:fail") == {"purged": 1}
    assert naq("purge", "mail", "-y") == "2 purged\n"
    assert [one["id"] for one in naq.json("list", "mail")] == [later]
    assert "--yes is needed" in naq("purge", "mail", code=2)


def test_a_result_is_printed_with_a_code_for_each_outcome(naq: Naq, config: Config) -> None:
    (done,) = enqueued(config, jobs.add)
    failed = naq.json("enqueue", "naq_support.jobs:fail", "no van", "-q", "mail")["id"]
    (unkept,) = enqueued(config, jobs.add, result_ttl=0)
    assert f"job {done} has no result yet: it is queued, since " in naq("result", done, code=4)
    work_off(config)
    (queued,) = enqueued(config, jobs.add)
    assert naq("result", done) == "3\n"
    assert naq.json("result", done) == {"job": done, "state": "done", "result": 3}
    code, out, err = naq.run("result", failed)
    assert (code, out) == (3, "")
    assert err.startswith("Traceback (most recent call last)")
    assert err.splitlines()[-2:] == ["ValueError: no van", f"naq: job {failed} failed: ValueError: no van"]
    code, out, err = naq.run("result", failed, "--json")
    assert (code, err) == (3, "")
    assert '"state": "failed"' in out
    assert '"traceback": "Traceback' in out
    (stopped,) = enqueued(config, jobs.add)
    naq("cancel", stopped)
    assert "was cancelled while it waited" in naq("result", stopped, code=3)
    assert '"state": "cancelled"' in naq.run("result", stopped, "--json").out
    assert "its result was not kept" in naq("result", unkept, code=4)
    assert naq.run("result", queued, "--json").out.count('"state": "queued"') == 1
    later = asyncio.run(ScheduledQueue("mail", config).enqueue_in(3600, jobs.add, 1, 2)).id
    assert "waits for its time on queue mail" in naq("result", later, code=4)
    assert "there is no job unknown" in naq("result", "unknown", code=4)


def test_a_result_is_waited_for(naq: Naq, config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    """The job is enqueued and its worker starts while the command waits."""
    (job,) = enqueued(config, jobs.add)

    async def wait() -> int:
        waiting = asyncio.create_task(asyncio.to_thread(main, ["result", job, "--timeout", "1m"]))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await Worker("mail", config, burst=True).run(handle_signals=False)
        return await waiting

    assert asyncio.run(wait()) == 0
    assert capsys.readouterr().out == "3\n"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["list", "nosuch"], 1, "there is no queue nosuch"),
        (["peek", "nosuch"], 1, "there is no queue nosuch"),
        (["purge", "nosuch", "--yes"], 1, "there is no queue nosuch"),
        (["list", "two words"], 2, "queue name 'two words'"),
        (["peek", "two words"], 2, "queue name 'two words'"),
        (["purge", "two words", "--yes"], 2, "queue name 'two words'"),
        (["purge", "--yes"], 2, "Missing argument 'QUEUE'"),
        (["purge", "mail", "--yes", "--older-than", "soon"], 2, "'soon' is not a duration"),
        (
            ["list", "mail", "--state", "done"],
            2,
            "is not one of 'queued', 'running', 'waiting', 'retrying', 'scheduled'",
        ),
        (["list", "mail", "--limit", "0"], 2, "0 is not in the range"),
        (["result", "two words"], 2, "job id 'two words'"),
        (["result", "x", "--timeout", "soon"], 2, "'soon' is not a duration"),
        (["list", "-s", "nats://127.0.0.1:1"], 1, "no connection to nats://127.0.0.1:1"),
        (["peek", "-s", "nats://127.0.0.1:1"], 1, "no connection to nats://127.0.0.1:1"),
        (["purge", "mail", "-y", "-s", "nats://127.0.0.1:1"], 1, "no connection to nats://127.0.0.1:1"),
        (["result", "x", "-s", "nats://127.0.0.1:1"], 1, "no connection to nats://127.0.0.1:1"),
    ],
)
def test_bad_input_is_one_line(naq: Naq, arguments: list[str], code: int, said: str) -> None:
    assert said in naq(*arguments, code=code)


def test_a_priority_is_shown_where_it_is_not_the_usual(naq: Naq, config: Config) -> None:
    enqueued(config, jobs.add)
    assert "priority" not in naq("list", "mail")
    (high,) = enqueued(config, jobs.add, priority="high")
    rows = naq("list", "mail").splitlines()
    assert rows[1].split() == ["number", "job", "state", "function", "enqueued", "priority"]
    assert [row.split()[-1] for row in rows[2:]] == ["ago", "high"]
    assert naq.json("peek", "mail")["job"] == high


@pytest.fixture(scope="module")
def without_rights() -> Iterator[NatsServer]:
    """A server with a user who may do nothing but read answers."""
    users = (
        "authorization { users = [ {user: admin, password: x}, "
        '{user: nothing, password: x, permissions: {publish: "none", subscribe: "_INBOX.>"}} ] }'
    )
    with NatsServer(ServerOptions(extra=users)) as server:
        admin = Config(nats=NatsConfig(servers=(server.url,), user="admin", password="x"))
        asyncio.run(Worker("mail", admin, burst=True).run(handle_signals=False))
        enqueued(admin, jobs.add)
        yield server


@pytest.mark.parametrize(
    "command",
    [
        ["list", "mail"],
        ["peek", "mail"],
        ["purge", "mail", "--yes"],
        ["purge", "mail", "--yes", "--function", "*"],
        ["result", "some-job"],
        ["status", "--watch"],
    ],
)
def test_without_rights_it_is_one_line(
    naq: Naq, without_rights: NatsServer, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.delenv("NAQ_QUEUE__PREFIX")
    for name, value in (("SERVERS", without_rights.url), ("USER", "nothing"), ("PASSWORD", "x")):
        monkeypatch.setenv(f"NAQ_NATS__{name}", value)
    assert "the server gives this user no permission to publish to " in naq(*command, code=1)


def test_a_record_with_an_impossible_time_is_shown(naq: Naq, config: Config) -> None:
    """A user who may write a job or its state chooses its times."""
    (forged,) = enqueued(config, jobs.add)
    state = JobState(job_id=forged, state="running", queue="mail", function="naq_support.jobs:add", seq=1, at=1e300)
    message = b'{"id":"forged","function":"a:b","queue":"mail","enqueued_at":-1e300,"options":{},"call":[[],{}]}'

    async def forge() -> None:
        where = names(config)
        async with nats_jetstream(config) as (_, js):
            await ensure_buckets(js, config)
            await js.publish(where.key(where.states, forged), encode(state))
            await js.purge_stream(where.jobs, subject=where.queue("mail"))
            await js.publish(where.queue("mail"), message)

    asyncio.run(forge())
    assert re.search(r"^since +at an impossible time *$", naq("status", forged), re.MULTILINE)
    assert re.search(r"^enqueued at +at an impossible time *$", naq("peek", "mail"), re.MULTILINE)
    assert "forged" in naq("list", "mail")
