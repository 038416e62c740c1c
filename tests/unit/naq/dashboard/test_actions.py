"""Requeueing and deleting failed jobs from the pages, and who may do it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from naq.config import Config
from naq.dashboard.acting import Act, UnknownAct, parse_act
from naq.queue.core import Queue
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import on_loop
from naq_support.dashboards import SAME_ORIGIN, TOKEN, browsing


async def fail(config: Config, count: int, queue: str = "mail") -> None:
    failing = Queue(queue, config)
    await failing.enqueue_batch([failing.job(jobs.fail, f"failure {number}") for number in range(count)])
    await Worker(queue, config, burst=True).run()


async def form_token(client: httpx.AsyncClient) -> str:
    return re.findall(r'name="form_token" value="([^"]+)"', (await client.get("/failures")).text)[0]


async def act(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/act", data=fields, headers=SAME_ORIGIN)


@on_loop
async def test_a_dashboard_only_shows_unless_told_otherwise(naq_config: Config) -> None:
    await fail(naq_config, 1)
    async with browsing(naq_config, sign_in=True) as client:
        page = (await client.get("/failures/1")).text
        assert "Requeue" not in page
        assert "read-only" in page
        for headers in (SAME_ORIGIN, {"Authorization": f"Bearer {TOKEN}"}):
            refused = await client.post("/act", data={"do": "requeue:1"}, headers=headers)
            assert (refused.status_code, "only shows" in refused.text) == (403, True)
    async with browsing(naq_config, actions=True) as client:
        page = (await client.get("/failures/1")).text
        assert "Sign in" in page, "the pages are shown without the token"
        assert ">Requeue<" not in page
        assert (await act(client, do="requeue:1")).status_code == 403
    assert await FailedJobs(naq_config).count() == 1
    assert await Queue("mail", naq_config).depth() == 0


@on_loop
async def test_jobs_are_requeued_and_deleted_after_a_question(naq_config: Config) -> None:
    await fail(naq_config, 5)
    failed, queue = FailedJobs(naq_config), Queue("mail", naq_config)
    async with browsing(naq_config, actions=True, sign_in=True) as client:
        token = await form_token(client)
        done = await act(client, form_token=token, do="requeue:1")
        assert (done.status_code, done.headers["location"]) == (303, "/failures")
        assert "requeued" not in (await client.get("/failures", headers={"Naq-Refresh": "yes"})).text
        assert "1 job requeued." in (await client.get("/failures")).text
        assert "requeued" not in (await client.get("/failures")).text, "the sentence comes once"
        assert (await failed.count(), await queue.depth()) == (4, 1)
        done = await act(client, form_token=token, do="requeue", number=["2", "3", "99"], queue="mail")
        assert done.headers["location"] == "/failures?queue=mail"
        said = (await client.get("/failures?queue=mail")).text
        assert "2 jobs requeued. Not requeued: there is no failed job number 99." in said
        assert (await failed.count(), await queue.depth()) == (2, 3)
        asked = await act(client, form_token=token, do="delete", number=["4", "5"])
        assert "Delete 2 failed jobs?" in asked.text
        assert await failed.count() == 2
        fields = dict(re.findall(r'type="hidden" name="(confirmed|queue|form_token)" value="([^"]*)"', asked.text))
        await act(client, **fields, do="delete", number=re.findall(r'name="number" value="(\d+)"', asked.text))
        assert "2 jobs deleted." in (await client.get("/failures")).text
        assert (await failed.count(), await queue.depth()) == (0, 3)


@on_loop
async def test_all_of_a_queue_are_requeued_or_deleted(naq_config: Config) -> None:
    await fail(naq_config, 3)
    await fail(naq_config, 2, "other")
    failed = FailedJobs(naq_config)
    async with browsing(naq_config, actions=True, sign_in=True) as client:
        token = await form_token(client)
        assert "Requeue all failed jobs of queue mail?" in (await act(client, form_token=token, do="requeue-all", queue="mail")).text
        assert await failed.count() == 5
        await act(client, form_token=token, do="requeue-all", queue="mail", confirmed="yes")
        assert "3 jobs of queue mail requeued." in (await client.get("/failures?queue=mail")).text
        assert (await failed.count("mail"), await failed.count("other")) == (0, 2)
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        done = await client.post("/act", data={"do": "delete-all", "queue": "other", "confirmed": "yes"}, headers=bearer)
        assert done.json() == {"done": "2 jobs of queue other deleted."}
    assert await failed.count() == 0


@on_loop
async def test_a_form_of_another_page_does_nothing(naq_config: Config) -> None:
    await fail(naq_config, 1)
    async with browsing(naq_config, actions=True, sign_in=True) as client:
        token = await form_token(client)
        deed = {"do": "requeue:1", "form_token": token}
        for headers in ({}, {"Origin": "http://evil.example"}, {**SAME_ORIGIN, "Sec-Fetch-Site": "cross-site"}):
            assert (await client.post("/act", data=deed, headers=headers)).status_code == 403
        for wrong in ("", "guess", token[:-1]):
            assert (await act(client, do="requeue:1", form_token=wrong)).status_code == 400
        assert (await act(client, form_token=token, do="requeue:1", filler="x" * 70_000)).status_code == 400
        assert (await client.get("/act")).status_code == 405 or (await client.get("/act")).status_code == 404
        client.cookies.clear()
        assert (await client.post("/act", data=deed, headers=SAME_ORIGIN)).status_code == 403
    assert await FailedJobs(naq_config).count() == 1


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"do": ["purge:1"]},
        {"do": ["requeue"]},
        {"do": ["requeue:x"]},
        {"do": ["requeue"], "number": ["-1"]},
        {"do": ["delete-all"]},
        {"do": ["delete-everything"], "queue": ["mail"]},
        {"do": ["delete-all"], "queue": ["a.>"]},
        {"do": ["requeue:99999999999999999999"]},
    ],
)
def test_a_form_that_no_page_has_is_refused(form: dict[str, list[str]]) -> None:
    with pytest.raises((UnknownAct, ValueError)):
        parse_act(form)


def test_a_number_that_is_given_twice_counts_once() -> None:
    assert parse_act({"do": ["delete"], "number": ["1", "2", "1"]}) == Act("delete", (1, 2))
