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
