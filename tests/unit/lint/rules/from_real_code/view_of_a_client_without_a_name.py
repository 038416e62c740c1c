"""A client that lives as long as the process, and only a view of it is kept: the view keeps the client."""

from pymongo import MongoClient

collection = None


def kept_in_a_global(host, database, name):
    global collection
    collection = MongoClient(host)[database][name]


def returned(host, database):
    return MongoClient(host)[database]


class Store:
    def __init__(self, database):
        self.database = database


def in_an_object(host, database):
    return Store(MongoClient(host)[database])


def in_a_dictionary(host, database, known):
    known[database] = MongoClient(host)[database]


def only_used_here(host, database, name):
    orders = MongoClient(host)[database][name]  # expect: NAQ103@14 client is never closed; use 'with MongoClient(host) as c'
    orders.insert_one({})


def thrown_away(host, database, name):
    MongoClient(host)[database][name].insert_one({})  # expect: NAQ103@5 client is never closed; use 'with MongoClient(host) as c'
