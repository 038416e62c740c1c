"""Classes whose constructors keep what they are given, for classes of another module."""


class Api:
    def __init__(self, client):
        self._client = client

    @property
    def client(self):
        return self._client

    def get(self, path):
        return self._client.get(path)


class NamedApi(Api):
    def __init__(self, name, client):
        super().__init__(client=client)
        self.name = name


class ClosingApi(Api):
    def close(self):
        self._client.close()


class ReachedApi(Api):
    pass


class OwningApi:
    def __init__(self, client=None):
        self._made = client or self.make()
        self._owns_client = client is None

    def make(self):
        return None

    def close(self):
        if self._owns_client:
            self._made.close()
