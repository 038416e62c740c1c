"""A client that another module closes, which has an object of the class."""

import httpx

from app.apis import ReachedApi


class Warehouse(ReachedApi):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))
