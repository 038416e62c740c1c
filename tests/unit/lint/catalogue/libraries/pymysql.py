"""What pymysql opens by a call."""

import pymysql


def never_closed(where):
    it = pymysql.connect(host=where)  # expect: NAQ103@10 connection 'it' is never closed; use 'with pymysql.connect(host=where) as it'
    it.ping()


def stays_open_on_an_error(where):
    it = pymysql.connect(host=where)  # expect: NAQ102@10 connection 'it' stays open if line +1 raises; use 'with pymysql.connect(host=where) as it'
    it.ping()
    it.close()


def by_hand(where):
    it = pymysql.connect(host=where)  # expect: NAQ101@10 connection 'it' is closed by hand; use 'with pymysql.connect(host=where) as it'
    try:
        it.ping()
    finally:
        it.close()


def in_a_block(where):
    with pymysql.connect(host=where) as it:
        it.ping()
