"""An attribute that the class also gives to objects of other classes, which only use what it holds."""
import nats
import requests


class Orders:
    def __init__(self, nc):
        self._nc = nc

    async def send(self, text):
        await self._nc.publish("orders", text)


class Service:
    async def start(self, url):
        self.nc = await nats.connect(url)  # expect: NAQ108@25 connection 'self.nc' is closed by no method of class 'Service'; add one that calls 'await self.nc.close()', or use a context manager
        self.orders = Orders(self.nc)

    async def send(self, text):
        await self.orders.send(text)


class MakesItForOneCall:
    def __init__(self):
        self.session = requests.Session()  # expect: NAQ108@24 session 'self.session' is closed by no method of class 'MakesItForOneCall'; add one that calls 'self.session.close()', or use a context manager

    def ask(self, url):
        return Pages(session=self.session).get(url)


class Pages:
    def __init__(self, session):
        self.session = session

    def get(self, url):
        return self.session.get(url).json()


# Silent: the object closes it, or gives it to other code, or other code of the file closes it in the object.
class ClosingOrders:
    def __init__(self, nc):
        self._nc = nc

    async def close(self):
        await self._nc.close()


class ClosedByItsOrders:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.orders = ClosingOrders(self.nc)


class HandingOrders:
    def __init__(self, nc):
        self._nc = nc
        registry.add(nc)


class HandedOn:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.orders = HandingOrders(self.nc)


class OpenOrders:
    def __init__(self, client):
        self.client = client


class ClosedInItsOrders:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.orders = OpenOrders(self.nc)


async def stop(service):
    await service.orders.client.close()


class GivenToAnUnknownClass:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.orders = elsewhere.Orders(self.nc)


class DerivesFromTheUnknown(elsewhere.Orders):
    def __init__(self, nc):
        self._nc = nc


class GivenToADerivedClass:
    async def start(self, url):
        self.nc = await nats.connect(url)
        self.orders = DerivesFromTheUnknown(self.nc)
