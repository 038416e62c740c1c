# settings: {"resource": [{"name": "cart", "acquire": ["shop.Client.cart"], "release-methods": ["close"]}]}
"""Silent: a class of the file, or another base, may have another method of the name."""

import shop


class Clerk(shop.Client):
    def pay(self):
        self.cart().pay()

    def pay_by_base(self):
        super().cart().pay()


class Trainee(Clerk):
    def cart(self):
        return self.toy


class Guard(shop.Door, shop.Client):
    def pay(self):
        super().cart().pay()
