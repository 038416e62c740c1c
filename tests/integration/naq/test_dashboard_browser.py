"""The dashboard in a real browser. Skipped where there is no Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from naq.config import Config
from naq.dashboard.serving import Dashboard
from naq.queue.core import Queue
from naq.worker.core import Worker
from naq.worker.failed import FailedJobs
from naq_support import jobs
from naq_support.aio import configured, on_loop, until
from support.chromium import CHROMIUM, Page, browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")

TAB, ENTER, SPACE = ("Tab", 9), ("Enter", 13, "\r"), (" ", 32, " ")
FOCUSED = "document.activeElement?.id || document.activeElement?.tagName"


# Lists with elements that are added, removed and moved, with and without ids: the result is what the server has sent,
# and an element with an id that was there before is the same element.
MORPHS = """
(() => {
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const list = () => {
    const made = document.createElement("ul");
    const ids = [0, 1, 2, 3, 4, 5].filter(() => random(3)).sort(() => random(2) - 0.5);
    made.innerHTML = ids.map((id) => `${random(2) ? " " : ""}<li id="i${id}" title="${random(9)}">${random(9)}</li>`
      + (random(3) ? "" : `<li>plain ${random(9)}</li>`)).join("");
    return made;
  };
  const wrong = [];
  for (let round = 0; round < 2000; round++) {
    const have = list(), want = list();
    const expected = want.innerHTML, before = have.innerHTML;
    const known = new Map([...have.children].filter((one) => one.id).map((one) => [one.id, one]));
    morphChildren(have, want);
    const same = [...have.children].every((one) => !known.has(one.id) || known.get(one.id) === one);
    if (have.innerHTML !== expected || !same) wrong.push([before, expected, have.innerHTML, same]);
  }
  return JSON.stringify(wrong.slice(0, 3));
})()
"""


@asynccontextmanager
async def shown(config: Config, **settings: object) -> AsyncIterator[Dashboard]:
    """A dashboard that is served by this process."""
    dashboard = Dashboard(configured(config, dashboard={"address": "127.0.0.1:0", **settings}))
    serving = asyncio.create_task(dashboard.run())
    try:
        yield dashboard
    finally:
        dashboard.stop()
        await serving


async def fail(config: Config, *texts: str) -> None:
    queue = Queue("mail", config)
    await queue.enqueue_batch([queue.job(jobs.fail, text) for text in texts])
    await Worker("mail", config, burst=True).run()


async def tab_to(page: Page, element: str) -> list[str]:
    """Press Tab until an element has the focus; returns what had it on the way."""
    passed: list[str] = []
    for _ in range(60):
        await page.press(*TAB)
        passed.append(await page.run(FOCUSED))
        if passed[-1] == element:
            return passed
    raise AssertionError(f"{element} is not reached by Tab: {passed}")


@on_loop
async def test_failures_are_requeued_by_keyboard_and_nothing_else_is_asked(
    naq_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("naq.dashboard.app.REFRESH", 0.2)
    await fail(naq_config, "<img src=//evil.example/x onerror=alert(1)>", "second", "third")
    failed = FailedJobs(naq_config)
    async with shown(naq_config, allow_actions=True) as dashboard, browser(tmp_path / "profile") as page:
        await page.open(f"{dashboard.url}failures?token={dashboard.access.token}")
        assert await page.run("location.href") == f"{dashboard.url}failures", "the token leaves the address"
        passed = await tab_to(page, "open-3")
        assert passed[0] == "A", "the first stop skips to the content"
        assert {"find", "requeue-selected", "select-3"} <= set(passed)
        outline = "getComputedStyle(document.activeElement).outlineStyle"
        assert await page.run(outline) == "solid", "the focus is visible"
        await page.press(*TAB)
        assert await page.run(FOCUSED) == "requeue-3"
        # A new failure comes: rows are added above the one with the focus, and a mark that the user has set stays.
        await page.run("document.getElementById('select-2').checked = true")
        await fail(naq_config, "fourth")

        async def fourth() -> bool:
            return bool(await page.run("document.getElementById('failure-4') !== null"))

        await until(fourth)
        assert await page.run(FOCUSED) == "requeue-3"
        assert await page.run("document.getElementById('select-2').checked")
        # The row with the focus goes: the next row has the focus.
        await failed.purge(sequence=3)

        async def third_is_gone() -> bool:
            return bool(await page.run("document.getElementById('failure-3') === null"))

        await until(third_is_gone)
        assert await page.run("document.activeElement.closest('tr').id") == "failure-2"
        await page.run("document.getElementById('requeue-2').focus()")
        await page.press(*ENTER)

        async def said() -> bool:
            return "1 job requeued" in str(await page.run("document.body?.innerText"))

        await until(said)
        assert await Queue("mail", naq_config).depth() == 1
        await page.run("document.getElementById('select-1').focus()")
        await page.press(*SPACE)
        assert await page.run("document.getElementById('select-1').checked")
        await page.run("document.getElementById('delete-selected').focus()")
        await page.press(*ENTER)

        async def asked() -> bool:
            return await page.run(FOCUSED) == "confirm"

        await until(asked)
        await page.press(*ENTER)

        async def deleted() -> bool:
            return "1 job deleted" in str(await page.run("document.body?.innerText"))

        await until(deleted)
        assert await failed.count() == 1
        assert {urlsplit(url).netloc for url in page.requests} == {urlsplit(dashboard.url).netloc}
        assert page.problems == [], "no script has failed, and the policy has stopped nothing"


@on_loop
async def test_a_lost_dashboard_is_told_on_the_page_and_refresh_can_be_paused(
    naq_config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("naq.dashboard.app.REFRESH", 0.2)
    await fail(naq_config, "first")
    async with browser(tmp_path / "profile") as page:
        async with shown(naq_config) as dashboard:
            await page.open(dashboard.url)
            assert await page.run(MORPHS) == "[]"
            read = await page.run("document.getElementById('read-at').textContent")

            async def read_again() -> bool:
                return bool(await page.run("document.getElementById('read-at').textContent") != read)

            await until(read_again)
            await page.run("document.getElementById('pause').click()")
            assert await page.run("document.getElementById('pause').getAttribute('aria-pressed')") == "true"
            before = len(page.requests)
            await fail(naq_config, "second")
            assert len(page.requests) <= before + 1
            await page.run("document.getElementById('pause').click()")

            async def second() -> bool:
                return "second" in str(await page.run("document.body?.innerText"))

            await until(second)
        # The dashboard has ended: the page keeps what it showed, and says that.

        async def told() -> bool:
            return "does not answer" in str(await page.run("document.getElementById('away').textContent"))

        await until(told)
        assert "second" in await page.run("document.body?.innerText")


@on_loop
async def test_no_page_is_wider_than_its_window(naq_config: Config, tmp_path: Path) -> None:
    await fail(naq_config, "a-very-long-word-without-any-space-" * 12)
    await Queue("a-queue-with-a-name-of-sixty-four-characters-that-has-no-end-yet", naq_config).enqueue(jobs.add, 1, 2)
    async with shown(naq_config) as dashboard, browser(tmp_path / "profile") as page:
        for path in ("", "workers", "failures", "failures/1", "queues/mail", "login", "jobs/none"):
            await page.open(dashboard.url + path)
            for width in (400, 1440):
                shape = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
                await page.call("Emulation.setDeviceMetricsOverride", **shape)
                assert await page.run("document.documentElement.scrollWidth") <= width, path
