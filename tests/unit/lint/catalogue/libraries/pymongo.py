"""What pymongo opens by a call."""

import pymongo


def never_closed(where):
    it = pymongo.MongoClient(where)  # expect: NAQ103@10 client 'it' is never closed; use 'with pymongo.MongoClient(where) as it'
    it.admin.command('ping')


def stays_open_on_an_error(where):
    it = pymongo.MongoClient(where)  # expect: NAQ102@10 client 'it' stays open if line +1 raises; use 'with pymongo.MongoClient(where) as it'
    it.admin.command('ping')
    it.close()


def by_hand(where):
    it = pymongo.MongoClient(where)  # expect: NAQ101@10 client 'it' is closed by hand; use 'with pymongo.MongoClient(where) as it'
    try:
        it.admin.command('ping')
    finally:
        it.close()


def in_a_block(where):
    with pymongo.MongoClient(where) as it:
        it.admin.command('ping')


def a_database_keeps_its_client(where):
    it = pymongo.MongoClient(where)
    it.admin.command("ping")
    return it["orders"]


class Store:
    def __init__(self, where):
        it = pymongo.MongoClient(where)  # expect: NAQ108@14 client of 'self.orders' is closed by no method of class 'Store'; keep it, too, and add one that calls 'self.it.close()'
        self.orders = it["shop"]["sales"]


def a_block_closes_it_first(where):
    with pymongo.MongoClient(where) as it:
        return it["orders"]  # expect: NAQ106@9


def a_view_that_stays_here(where):
    it = pymongo.MongoClient(where)  # expect: NAQ103@10
    orders = it["shop"]["orders"]
    return orders.count_documents({})
