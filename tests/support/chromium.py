"""A Chromium that tests drive over its debugging protocol: what a page does, asks for and says."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0")
# The answer to a script whose page was left before the script had its value.
NAVIGATED = "Inspected target navigated or closed"


class Page:
    """One page. `requests` are the addresses that it has asked for, `problems` what it has complained about."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self.requests: list[str] = []
        self.problems: list[str] = []

    async def listen(self) -> None:
        """Note what the browser says, until its connection ends."""
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
            elif said["method"] == "Network.requestWillBeSent":
                self.requests.append(said["params"]["request"]["url"])
            elif said["method"] in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.problems.append(json.dumps(said["params"]))
            elif said["method"] == "Page.loadEventFired":
                self._loaded.set()

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol; returns its result."""
        said = await self._ask(method, **params)
        assert "error" not in said, said
        return dict(said["result"])

    async def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        async with asyncio.timeout(60):
            return await answer

    async def open(self, url: str) -> None:
        """Load an address."""
        self._loaded.clear()
        await self.call("Page.navigate", url=url)
        async with asyncio.timeout(60):
            await self._loaded.wait()

    async def run(self, script: str) -> Any:
        """Evaluate JavaScript in the page; returns its value. If another page comes meanwhile, it is asked in its place."""
        asking = {"expression": script, "returnByValue": True, "awaitPromise": True}
        said = await self._ask("Runtime.evaluate", **asking)
        if said.get("error", {}).get("message") == NAVIGATED:
            said = await self._ask("Runtime.evaluate", **asking)
        assert "error" not in said, said
        assert "exceptionDetails" not in said["result"], said
        return said["result"]["result"].get("value")

    async def press(self, key: str, code: int, text: str = "") -> None:
        """Press a key, as a user does."""
        for kind in ("keyDown", "keyUp"):
            given = {"text": text} if text and kind == "keyDown" else {}
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **given)


@contextlib.asynccontextmanager
async def browser(folder: Path) -> AsyncIterator[Page]:
    """A page of a new Chromium whose profile is in `folder`."""
    assert CHROMIUM is not None
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, *ARGUMENTS, f"--user-data-dir={folder}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port_file = folder / "DevToolsActivePort"
        async with asyncio.timeout(60):
            while not port_file.exists() or len(port_file.read_text().splitlines()) < 2:
                await asyncio.sleep(0.05)
        port = port_file.read_text().splitlines()[0]
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                targets = [one for one in await answer.json() if one["type"] == "page"]
            async with session.ws_connect(targets[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                listening = asyncio.create_task(page.listen())
                for domain in ("Page", "Runtime", "Network", "Log"):
                    await page.call(f"{domain}.enable")
                yield page
                # Asked to end, it takes its child processes with it, which write into the profile until then.
                await page.call("Browser.close")
                listening.cancel()
                async with asyncio.timeout(20):
                    await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
