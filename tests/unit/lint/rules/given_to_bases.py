"""A constructor gives what it opens to that of its base, which keeps it and closes nothing."""

import httpx

from library import Reading, registry


class Api:
    def __init__(self, client, name=""):
        self._client = client
        self.name = name

    def current(self):
        return self._client

    def get(self, path):
        return self._client.get(path)


class Orders(Api):
    def __init__(self, url):
        client = httpx.Client(base_url=url)  # expect: NAQ108@18 client 'self._client' is closed by no method of class 'Orders'; add one that calls 'self._client.close()', or use a context manager
        super().__init__(client)


class Closing(Api):  # closes its own
    def close(self):
        self._client.close()


class Parcels(Api):
    def __init__(self, url):
        super().__init__(name="parcels", client=httpx.Client(base_url=url))  # expect: NAQ108@49 client 'self._client' is closed by no method of class 'Parcels'; add one that calls 'self._client.close()', or use a context manager

    def first(self):
        return self._client.get("first")


class Returns(Parcels):
    def __init__(self, url):
        super(Returns, self).__init__(url)


class LazyApi(Api):
    def get_client(self):
        if self._client is None:
            self._client = self.make()
        return self._client

    def make(self):
        return None


class OfLazy(LazyApi):
    def __init__(self, client=None):
        if client is None:
            client = httpx.Client()  # expect: NAQ108@22 client 'self._client' is closed by no method of class 'OfLazy'; add one that calls 'self._client.close()', or use a context manager
        super().__init__(client)


# Silent from here on.
class Api1:
    def __init__(self, client):
        self.client = client

    def http(self):
        return self.client


class ClosingApi(Api1):
    def close(self):
        self.client.close()


class OfClosing(ClosingApi):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))


class Api2:
    def __init__(self, client):
        self.client = client

    def http(self):
        return self.client


class ClosesItself(Api2):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))

    def close(self):
        self.client.close()


class Api3:
    def __init__(self, client):
        self.client = client

    def http(self):
        return self.client


class ClosesByMethod(Api3):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))

    def close(self):
        self.http().close()


class Api0:
    def __init__(self, client):
        client.close()


class Inner(Api0):
    def __init__(self, client):
        self.client = client


class Skipping(Inner):
    def __init__(self, url):
        super(Inner, self).__init__(httpx.Client(base_url=url))


class OfLibrary(Reading):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))


class Api4:
    def __init__(self, client):
        self.client = client

    def http(self):
        return self.client


class Mixed(Reading, Api4):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))


class Api5:
    def __init__(self, client):
        self.client = client

    def http(self):
        return self.client


class GivesItOn(Api5):
    def __init__(self, url, registry):
        client = httpx.Client(base_url=url)
        registry.add(client)
        super().__init__(client)


class Api6:
    def __init__(self, client):
        self.client = client

    def http(self):
        return self.client


class KeepsItToo(Api6):
    def __init__(self, url):
        client = self.session = httpx.Client(base_url=url)
        super().__init__(client)

    def stop(self):
        self.session.close()


class Api7:
    def __init__(self, client):
        self.client = client

    def http(self):
        return self.client


class GivesItself(Api7):
    def __init__(self, url, registry):
        super().__init__(httpx.Client(base_url=url))
        registry.add(self)


class Api8:
    def __init__(self, client):
        self.client = client

    def http(self):
        return self.client


class NoConstructor(Api8):
    def restart(self, url):
        super().__init__(httpx.Client(base_url=url))


class Api9:
    def __init__(self, link):
        self.link = link


class Reached(Api9):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))


def stop(reached):
    reached.link.close()


class Api10:
    def __init__(self, taken):
        self.taken = taken


class Swapped(Api10):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))


def swap(swapped):
    swapped.taken = None


class Api11:
    def __init__(self, client):
        self.client = client


class Opening(Api11):
    def __init__(self, url):
        super().__init__(httpx.Client(base_url=url))


class Ending(Opening):
    def close(self):
        self.client.close()
