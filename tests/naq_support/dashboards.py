"""A dashboard whose pages are asked for in process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from naq.config import Config
from naq.dashboard.access import Access
from naq.dashboard.app import dashboard_app

TOKEN = "a-token-of-the-tests"
BASE = "http://127.0.0.1:8321"
SAME_ORIGIN = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}


@asynccontextmanager
async def browsing(
    config: Config, *, actions: bool = False, open_reading: bool = True, show_values: bool = False, sign_in: bool = False
) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps cookies, as a browser does."""
    access = Access(TOKEN, open_reading=open_reading, actions=actions)
    app: Any = dashboard_app(config, access, show_values=show_values)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, timeout=60) as client:
        if sign_in:
            assert (await client.get("/", params={"token": TOKEN}, follow_redirects=True)).status_code == 200
        yield client
