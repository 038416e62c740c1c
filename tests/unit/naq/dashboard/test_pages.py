"""The pages, asked for in process, about a real server."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from naq.config import Config, NatsConfig
from naq.connection import nats_connection, nats_jetstream
from naq.dashboard.access import Access
from naq.dashboard.app import dashboard_app
from naq.dashboard.guard import HEADERS
from naq.dashboard.reading import PAGE
from naq.job import Job
from naq.queue.core import Queue
from naq.queue.failures import FailureDetails, store_failure
from naq.queue.scheduled import ScheduledQueue
from naq.queue.streams import ensure_failed, names
from naq.records import JobState, WorkerStatus, encode
from naq.testing import NatsServer, ServerOptions
from naq.worker.core import Worker
from naq_support import jobs
from naq_support.aio import configured, on_loop, until
from naq_support.dashboards import SAME_ORIGIN, TOKEN, browsing

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}"


class Tags(HTMLParser):
    """The elements of a page and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def values(self, tag: str, attribute: str) -> list[str]:
        return [value for name, given in self.found if name == tag and (value := given.get(attribute)) is not None]


def text_of(page: httpx.Response) -> str:
    """What a reader sees, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def rows(page: httpx.Response, table: str) -> list[str]:
    """The texts of the rows of a table."""
    body = re.search(rf'<table id="{table}">.*?<tbody>(.*?)</tbody>', page.text, re.DOTALL)
    found = re.findall(r"<tr.*?</tr>", body[1], re.DOTALL) if body else []
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in found]


async def get(client: httpx.AsyncClient, path: str, code: int = 200) -> httpx.Response:
    page = await client.get(path)
    assert page.status_code == code, page.text
    for name, value in HEADERS.items():
        assert page.headers[name] == value, "on each answer"
    return page


@on_loop
async def test_the_first_page_shows_queues_workers_and_failures(naq_config: Config) -> None:
    mail, images = Queue("mail", naq_config), Queue("images", naq_config)
    async with browsing(naq_config) as client:
        empty = text_of(await get(client, "/"))
        assert "There are no queues yet" in empty
        assert "No job has failed" in empty
        await mail.enqueue(jobs.fail, "no route to host")
        await Worker("mail", naq_config, burst=True).run()
        gate = jobs.gate("shown")
        worker = Worker("mail", naq_config, 2, name="web-1")
        working = asyncio.create_task(worker.run())
        held = await mail.enqueue(jobs.pass_gate, "shown")
        await images.enqueue_batch([images.job(jobs.add, 1, number) for number in range(3)])
        await ScheduledQueue("mail", naq_config).enqueue_in(600, jobs.add, 1, 2)

        async def running() -> bool:
            return "web-1 mail 1 /2" in text_of(await client.get("/workers"))

        await until(running)
        page = await get(client, "/")
        assert rows(page, "queues") == ["images 3 0 0 0 none", "mail 0 1 1 1 1"]
        assert "waiting 3 taken 1 scheduled 1 failed 1 workers 1 running 1 /2" in text_of(page)
        (failure,) = rows(page, "failures")
        assert "mail naq_support.jobs:fail ValueError: no route to host error 1" in failure
        content = (await get(client, "/api/overview")).json()
        assert [(one["queue"], one["waiting"], one["taken"], one["failed"]) for one in content["queues"]] == [
            ("images", 3, 0, 0), ("mail", 0, 1, 1),
        ]  # fmt: skip
        assert content["workers"][0]["running"] == 1
        listed = await get(client, "/queues/mail")
        assert [row.split()[2] for row in rows(listed, "jobs")] == ["running", "scheduled"]
        assert "web-1" in rows(listed, "jobs")[0]
        await images.options(priority="high").enqueue(jobs.add, 1, 2)
        assert rows(await get(client, "/"), "queues")[0] == "images 4 0 0 0 none"
        assert rows(await get(client, "/queues/images"), "jobs")[-1].split()[1:4] == ["naq_support.jobs:add", "high", "queued"]
        assert "waiting 4 taken 0" in text_of(await get(client, "/queues/images"))
        assert [row.split()[2] for row in rows(await get(client, "/queues/mail?state=scheduled"), "jobs")] == ["scheduled"]
        assert "state running" in text_of(await get(client, f"/jobs/{held.id}"))
        gate.set()
        await mail.result(held, 60)
        worker.stop()
        await working
        await get(client, "/queues/nowhere", 404)


@on_loop
async def test_a_job_is_found_by_its_id_in_each_state(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    done = await queue.enqueue(jobs.give_back, "a result")
    failed = await queue.enqueue(jobs.fail, "on purpose")
    await Worker("mail", naq_config, burst=True).run()
    waits = await queue.enqueue(jobs.add, 1, 2)
    later = await ScheduledQueue("mail", naq_config).enqueue_in(timedelta(hours=1), jobs.add, 1, 2)
    async with browsing(naq_config) as client:
        found = await client.get("/jobs", params={"id": f" {done.id} "})
        assert found.headers["location"] == f"/jobs/{done.id}"
        page = text_of(await get(client, f"/jobs/{done.id}"))
        assert "state done function naq_support.jobs:give_back queue mail" in page
        assert "a result" not in page, "results may be secret"
        page = text_of(await get(client, f"/jobs/{failed.id}"))
        assert "failure 1" in page
        assert "in fail raise ValueError(text) ValueError: on purpose" in page
        assert "state queued function naq_support.jobs:add" in text_of(await get(client, f"/jobs/{waits.id}"))
        assert "state scheduled" in text_of(await get(client, f"/jobs/{later.id}"))
        assert (await get(client, f"/api/jobs/{failed.id}")).json()["failure"] == 1
        assert "no worker has recorded a state" in text_of(await get(client, "/jobs/none", 404))
        assert "job id" in text_of(await get(client, "/jobs/a.b", 404))
        assert (await client.get("/jobs?id=")).headers["location"] == "/"
    async with browsing(naq_config, show_values=True) as client:
        assert "a result" in text_of(await get(client, f"/jobs/{done.id}"))


@on_loop
async def test_arguments_are_hidden_unless_asked_for_and_never_unpickled(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    await queue.enqueue(jobs.fail, "key-4711")
    pickling = naq_config.model_copy(update={"serializer": "cloudpickle"})
    await Queue("mail", pickling).enqueue(jobs.fail, "key-4712")
    await Worker("mail", naq_config, burst=True).run()
    await queue.enqueue(jobs.fail, "key-4713")
    hidden = re.compile(r"key-471\d")
    async with browsing(naq_config) as client:
        for path in ("/", "/failures", "/queues/mail", "/api/failures", "/api/queues/mail"):
            shown = (await get(client, path)).text.replace("ValueError: key-4711", "")
            assert not hidden.search(shown), path
        assert "Not shown, as they may be secret" in text_of(await get(client, "/failures/2"))
        assert (await get(client, "/api/failures/1")).json()["arguments"] is None
    async with browsing(pickling, show_values=True) as client:
        texts = [text_of(await get(client, f"/failures/{number}")) for number in (1, 2)]
        assert sum('args = [ "key-4711" ] kwargs = {}' in text for text in texts) == 1
        assert sum("pickled" in text and "not decoded here" in text for text in texts) == 1


async def fail_many(config: Config, count: int, **changes: object) -> None:
    """Put failed jobs into the store, without running them."""
    async with nats_jetstream(config) as (connection, js):
        await ensure_failed(js, config)
        for number in range(count):
            plain = {"kind": "error", "error": f"error {number}", "queue": "mail", "job_id": f"j{number}", "function": "m:f"}
            details = FailureDetails(**{**plain, "failed_at": time.time(), "seq": number, **changes})  # type: ignore[arg-type]
            await store_failure(connection, js, config, details, Job.create("m:f", job_id=f"j{number}").serialize())


@on_loop
async def test_lists_are_in_pages_and_failures_the_newest_first(naq_config: Config) -> None:
    queue = Queue("mail", naq_config)
    await queue.enqueue_batch([queue.job(jobs.add, number, 1) for number in range(PAGE + 3)])
    await fail_many(naq_config, PAGE + 3)
    await fail_many(naq_config, 1, queue="other", job_id="o", seq=7)
    async with browsing(naq_config) as client:
        first = await get(client, "/queues/mail")
        (following,) = [href for href in Tags(first.text).values("a", "href") if "after=" in href]
        second = await get(client, following)
        assert (len(rows(first, "jobs")), len(rows(second, "jobs"))) == (PAGE, 3)
        assert 'rel="next"' not in second.text
        first = await get(client, "/failures?queue=mail")
        (following,) = [href for href in Tags(first.text).values("a", "href") if "before=" in href]
        second = await get(client, following)
        errors = [int(re.findall(r"error (\d+)", row)[0]) for page in (first, second) for row in rows(page, "failures")]
        assert errors == list(range(PAGE + 2, -1, -1))
        assert "Failures of queue mail 53" in text_of(second)
        assert "other" in rows(await get(client, "/failures"), "failures")[0]
        for wrong in ("/queues/mail?after=x", "/failures?before=-1", "/queues/mail?state=done", "/queues/mail?after=1e3"):
            await get(client, wrong, 400)
        for wrong in ("/queues/a.b", "/failures?queue=a.b", "/failures/4711", f"/failures/{10**30}", "/nowhere", "/api/queues/nowhere"):
            await get(client, wrong, 404)
        assert (await get(client, "/failures?before=99999999999999999999", 400)).status_code == 400


@on_loop
async def test_a_page_costs_the_same_with_few_and_with_many_jobs(naq_config: Config) -> None:
    queues = [Queue(f"q{number}", naq_config) for number in range(20)]
    for queue in queues:
        await queue.setup()
        await queue.enqueue(jobs.add, 1, 2)

    async def sent(path: str) -> int:
        async with nats_connection(naq_config) as connection:
            before = connection.stats["out_msgs"]
            await get(client, path)
            return int(connection.stats["out_msgs"] - before)

    async with browsing(naq_config) as client:
        await sent("/")
        few = [await sent(path) for path in ("/", "/queues/q1", "/failures")]
        assert few[0] < len(queues), "one request tells of all consumers"
        for queue in queues[:3]:
            await queue.enqueue_batch([queue.job(jobs.add, number, 1) for number in range(400)])
        await fail_many(naq_config, 3 * PAGE)
        many = [await sent(path) for path in ("/", "/queues/q1", "/failures")]
    assert [more <= less + 4 for less, more in zip(few, many, strict=True)] == [True] * 3, (few, many)


@on_loop
async def test_hostile_text_is_only_text(naq_config: Config) -> None:
    where = names(naq_config)
    queue = Queue("mail", naq_config)
    await queue.setup()
    async with nats_jetstream(naq_config) as (_, js):
        status = WorkerStatus(
            worker_id=HOSTILE, host=HOSTILE, pid=1, queues=(HOSTILE,), concurrency=1, state="working", started=1e300, beat=-1e300
        )  # fmt: skip
        await js.publish(where.key(where.workers, "w"), encode(status))
        state = JobState(job_id="j", state="failed", queue=HOSTILE, function=HOSTILE, worker=HOSTILE, error=HOSTILE, at=1e300)
        await js.publish(where.key(where.states, "j"), encode(state))
        for payload in (b'{"id":"x","function":%b,"queue":"mail","enqueued_at":1e300}' % json.dumps(HOSTILE).encode(), HOSTILE.encode()):
            await js.publish(queue.subject, payload)
        # A queue whose name no library would use: a subject may have almost any character.
        odd = HOSTILE.replace(" ", "").replace(".", "")
        await js.publish(where.queue(odd), b"x")
    await fail_many(naq_config, 2, error=HOSTILE, function=HOSTILE, kind=HOSTILE, worker=HOSTILE, traceback=HOSTILE, job_id="a")
    await fail_many(naq_config, 1, queue="mail", error="later", failed_at=1e300, job_id="b", seq=9)
    async with browsing(naq_config, show_values=True, actions=True, sign_in=True) as client:
        for path in ("/", "/workers", "/queues/mail", "/failures", "/failures?queue=mail", "/failures/1", "/jobs/j"):
            page = await get(client, path)
            tags = Tags(page.text)
            assert tags.values("script", "src") == ["/static/dashboard.js"], path
            assert [tag for tag, _ in tags.found].count("script") == 1, path
            assert "img" not in {tag for tag, _ in tags.found}
            assert not [name for _, given in tags.found for name in given if name.startswith("on")]
            assert not [given for _, given in tags.found if "style" in given], "the policy allows no style attribute"
            assert all(href.startswith(("/", "#")) for tag in ("a", "link") for href in tags.values(tag, "href"))
            assert "{{7*7}}" in unescape(page.text), path
        for path in (f"/jobs/{HOSTILE[:20]}", f"/queues/{HOSTILE[:10]}", f"/{HOSTILE}", f"/login?next={HOSTILE}"):
            page = await client.get(path.replace("/<", "<"))
            assert [tag for tag, _ in Tags(page.text).found].count("script") == 1


@on_loop
async def test_without_a_server_a_page_says_so_and_later_shows_again(naq_config: Config) -> None:
    with NatsServer(ServerOptions()) as server:
        config = configured(server.config, nats={"connect_timeout": 0.5, "reconnect_time_wait": 0.05})
        async with browsing(config) as client:
            await Queue("mail", config).enqueue(jobs.add, 1, 2)
            await get(client, "/")
            server.kill()

            async def away() -> bool:
                return (await client.get("/")).status_code == 503

            await until(away)
            page = await get(client, "/", 503)
            assert page.headers["retry-after"]
            assert "The server is away" in text_of(page)
            assert (await get(client, "/api/overview", 503)).json()["error"]
            server.start()

            async def back() -> bool:
                return (await client.get("/")).status_code == 200

            await until(back)
    unreachable = Config(nats=NatsConfig(servers=("nats://127.0.0.1:1",), connect_timeout=0.2))
    async with browsing(unreachable) as client:
        assert "127.0.0.1:1" in text_of(await get(client, "/", 503))


@on_loop
async def test_for_other_machines_nothing_is_shown_without_the_token(naq_config: Config) -> None:
    await Queue("mail", naq_config).enqueue(jobs.add, 1, 2)
    async with browsing(naq_config, open_reading=False) as client:
        for path in ("/", "/workers", "/queues/mail?state=queued", "/failures/1", "/jobs/x"):
            page = await get(client, path, 303)
            assert page.headers["location"].startswith("/login?next=%2F")
        await get(client, "/api/overview", 401)
        assert "mail" not in (await get(client, "/login")).text
        await get(client, "/static/dashboard.css")
        wrong = await client.post("/login", data={"token": "guess"}, headers=SAME_ORIGIN)
        assert (wrong.status_code, "This is not the token" in wrong.text, wrong.cookies) == (403, True, httpx.Cookies())
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert (await client.get("/api/overview", headers=bearer)).json()["queues"][0]["queue"] == "mail"
        right = await client.post("/login", data={"token": TOKEN, "next": "/queues/mail?state=queued"}, headers=SAME_ORIGIN)
        assert (right.status_code, right.headers["location"]) == (303, "/queues/mail?state=queued")
        cookie = right.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("httponly", "samesite=lax", "path=/"))
        assert TOKEN not in cookie
        await get(client, "/queues/mail")
        await client.post("/logout", headers=SAME_ORIGIN)
        await get(client, "/", 303)
        for outside in ("//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb: c", "javascript:alert(1)"):
            gone = await client.post("/login", data={"token": TOKEN, "next": outside}, headers=SAME_ORIGIN)
            assert gone.headers["location"] == "/"


@on_loop
async def test_a_rebound_name_and_another_origin_are_refused(naq_config: Config) -> None:
    async with browsing(naq_config) as client:
        rebound = await client.get("/", headers={"Host": "evil.example:8321"})
        assert (rebound.status_code, "'evil.example' is not known here" in rebound.text) == (403, True)
        embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        assert (await client.get("/api/overview", headers=embedded)).status_code == 403
        assert (await client.get("/", headers={"Origin": "http://evil.example"})).status_code == 403


VIEWER = """authorization { users = [ {user: a, password: x}, {user: v, password: x, permissions: {publish: [
  "$JS.API.STREAM.INFO.*", "$JS.API.DIRECT.GET.naq_jobs", "$JS.API.DIRECT.GET.naq_failed",
  "$JS.API.DIRECT.GET.KV_naq_states.>", "$JS.API.DIRECT.GET.KV_naq_workers.>"], subscribe: ["_INBOX.>"]}},
  {user: n, password: x, permissions: {publish: ["other"], subscribe: ["_INBOX.>"]}} ] }"""


@pytest.fixture(scope="module")
def limited() -> Iterator[NatsServer]:
    with NatsServer(ServerOptions(extra=VIEWER)) as running:
        yield running


@on_loop
async def test_what_a_user_may_not_read_is_left_out_and_asked_for_once(limited: NatsServer) -> None:
    admin, viewer = (Config(nats=NatsConfig(servers=(limited.url,), user=user, password="x")) for user in ("a", "v"))
    queue = Queue("mail", admin)
    failed = await queue.enqueue(jobs.fail, "on purpose")
    await Worker("mail", admin, burst=True).run()
    await queue.enqueue(jobs.add, 1, 2)
    async with browsing(viewer) as client:
        for _ in range(2):
            page = await get(client, "/")
            assert rows(page, "queues") == ["mail 1 0 1 none"]
            assert "may not list consumers" in text_of(page)
            assert len(rows(await get(client, "/queues/mail"), "jobs")) == 1
            assert "ValueError: on purpose" in text_of(await get(client, f"/jobs/{failed.id}"))
            await get(client, "/failures/1")
    denied = re.findall(r'Publish Violation.*?Subject "([^"]+)"', limited.log)
    assert denied.count("$JS.API.CONSUMER.LIST.naq_jobs") == 1
    async with browsing(configured(viewer, nats={"user": "n"})) as client:
        for path in ("/", "/failures", "/queues/mail", "/jobs/x", "/workers"):
            assert "no permission to publish to" in text_of(await get(client, path, 403))


@on_loop
async def test_another_application_mounts_it(naq_config: Config) -> None:
    pages = dashboard_app(naq_config, Access(TOKEN, open_reading=False, actions=True))
    transport = httpx.ASGITransport(app=Starlette(routes=[Mount("/shop/queues", pages)]))
    await Queue("mail", naq_config).enqueue(jobs.add, 1, 2)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        away = await client.get("/shop/queues/queues/mail?state=queued")
        assert away.headers["location"] == "/shop/queues/login?next=%2Fqueues%2Fmail%3Fstate%3Dqueued"
        form = {"token": TOKEN, "next": "/queues/mail?state=queued"}
        back = await client.post("/shop/queues/login", data=form, headers={"Sec-Fetch-Site": "same-origin"})
        assert back.headers["location"] == "/shop/queues/queues/mail?state=queued"
        assert "path=/shop/queues/" in back.headers["set-cookie"].lower()
        page = await client.get(back.headers["location"])
        tags = Tags(page.text)
        links = [*tags.values("a", "href"), *tags.values("form", "action"), *tags.values("script", "src")]
        assert all(link.startswith(("/shop/queues/", "#")) for link in links), links
        assert 'href="/shop/queues/" aria-current="page"' in page.text
        assert (await client.get(tags.values("script", "src")[0])).status_code == 200
