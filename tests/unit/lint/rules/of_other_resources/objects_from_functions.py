# settings: {"resource": [{"name": "cart", "acquire": ["shop.Client.cart"], "objects-from": ["shop.open_client", "shop.aio.client"], "release-methods": ["close"]}]}
"""Functions of a library that return an object whose method opens a declared resource."""

import shop
from shop import aio


def by_a_name():
    client = shop.open_client()
    cart = client.cart()  # expect: NAQ103@12 cart 'cart' is never closed; use 'with client.cart() as cart'
    cart.pay()


async def awaited():
    client = await aio.client("a")
    cart = client.cart()  # expect: NAQ103
    cart.pay()


def at_once():
    cart = shop.open_client().cart()  # expect: NAQ103
    cart.pay()


class Till:
    def __init__(self):
        self.client = shop.open_client()

    def pay(self):
        cart = self.client.cart()  # expect: NAQ103
        cart.pay()


# Silent: nothing says what another function returns.
def of_another_function():
    client = shop.closed_client()
    cart = client.cart()
    cart.pay()
