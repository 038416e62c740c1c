# settings: {"resource": [{"name": "handle", "acquire": ["shop.handle"], "release-functions": ["shop.close_handle"], "entering": "impossible"}, {"name": "link", "acquire": ["shop.link"], "release-methods": ["close"]}, {"name": "page", "acquire": ["shop.page"], "release-methods": ["close"], "final-uses": ["read()"]}, {"name": "loan", "acquire": ["shop.Pool.borrow", "shop.Other.borrow"], "give-back-methods": ["release"]}, {"name": "pair", "acquire": ["shop.pair"], "release-methods": ["close"]}]}
"""Which call releases which resource, and by what class an attribute is known."""

import shop


def by_the_function_of_another():
    link = shop.link()
    shop.close_handle(link)  # it may keep the link, and does not close it


def by_its_function():
    handle = shop.handle()  # expect: NAQ102@14 handle 'handle' stays open if line +1 raises; call 'shop.close_handle(handle)' in a 'finally'
    shop.touch()
    shop.close_handle(handle)


def by_the_pool_of_another(pool):
    link = shop.link()  # expect: NAQ102@12 link 'link' stays open if line +1 raises; use 'with shop.link() as link'
    pool.release(link)
    try:
        shop.touch()
    finally:
        link.close()


def read_to_its_end():
    page = shop.page()
    return page.read()


def read_in_part():
    page = shop.page()  # expect: NAQ103@12 page 'page' is never closed; use 'with shop.page() as page'
    return page.read(100)


def unpacked_without_a_position():
    first, second = shop.pair()
    return first.read() + second.read()


def a_name_unpacked():
    both = shop.pair()
    first, second = both
    return first.read() + second.read()


class Lender:
    def __init__(self, pool: shop.Pool):
        self.pool = pool

    def lend(self):
        loan = self.pool.borrow()  # expect: NAQ103@16 loan 'loan' is never closed; use 'with self.pool.borrow() as loan'
        return loan.size


class Either:
    """The attribute is of two classes, so nothing is known of it."""

    def __init__(self, pool: shop.Pool, other: shop.Other):
        self.pool = pool
        if other:
            self.pool = other

    def lend(self):
        loan = self.pool.borrow()
        return loan.size
