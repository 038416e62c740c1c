"""Clients that a constructor gives to that of a base in another module."""

import httpx

from app.apis import Api, ClosingApi, NamedApi, OwningApi


class Orders(Api):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))  # expect: NAQ108@26 client 'self.client' is closed by no method of class 'Orders'; add one that calls 'self.client.close()', or use a context manager


class Parcels(NamedApi):
    def __init__(self, url):
        client = httpx.Client(base_url=url)  # expect: NAQ108@18 client 'self.client' is closed by no method of class 'Parcels'; add one that calls 'self.client.close()', or use a context manager
        super().__init__("parcels", client)


class Owning(OwningApi):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))  # expect: NAQ108


class Closing(ClosingApi):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))


class ClosesByProperty(Api):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))

    def stop(self):
        self.client.close()
