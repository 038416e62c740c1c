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
