# settings: {"resource": [{"name": "cart", "acquire": ["shop.Client.cart"], "release-methods": ["close"]}]}
"""A method of a declared class opens a resource: of an object that another function makes, and of a base."""

import shop

CLIENT = shop.Client()


def connect() -> shop.Client:
    return shop.Client()


def annotated(url):
    return connect().cart()


def of_a_function():
    client = connect()
    cart = client.cart()  # expect: NAQ103@12 cart 'cart' is never closed; use 'with client.cart() as cart'
    cart.pay()


def of_the_module():
    CLIENT.cart().pay()  # expect: NAQ103@5 cart is never closed; use 'with CLIENT.cart() as c'


class Clerk(shop.Client):
    def pay(self):
        cart = self.cart()  # expect: NAQ103@16 cart 'cart' is never closed; use 'with self.cart() as cart'
        cart.pay()

    def pay_by_base(self):
        cart = super().cart()  # expect: NAQ103@16 cart 'cart' is never closed; use 'with super().cart() as cart'
        cart.pay()


class Cashier(Clerk):
    def pay_again(self):
        cart = self.cart()  # expect: NAQ103@16 cart 'cart' is never closed; use 'with self.cart() as cart'
        cart.pay()


# Silent: a class of the file that is none of these, and names that are no object.
class Other:
    def pay(self):
        self.cart().pay()


def cart():
    return super().cart().pay()


def of_a_parameter(client):
    client.cart().pay()
