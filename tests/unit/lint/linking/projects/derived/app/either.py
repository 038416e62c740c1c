"""A class that opens what it is not given."""

import httpx


class Either:
    def __init__(self, client=None):
        self.client = client or httpx.Client()

    def orders(self):
        return self.client.get("/orders").json()

    def close(self):
        self.client.close()
