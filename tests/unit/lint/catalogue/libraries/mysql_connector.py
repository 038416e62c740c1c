"""What mysql_connector opens by a call."""

import mysql.connector


def never_closed(where):
    it = mysql.connector.connect(host=where)  # expect: NAQ103@10 connection 'it' is never closed; use 'with mysql.connector.connect(host=where) as it'
    it.ping()


def stays_open_on_an_error(where):
    it = mysql.connector.connect(host=where)  # expect: NAQ102@10 connection 'it' stays open if line +1 raises; use 'with mysql.connector.connect(host=where) as it'
    it.ping()
    it.close()


def by_hand(where):
    it = mysql.connector.connect(host=where)  # expect: NAQ101@10 connection 'it' is closed by hand; use 'with mysql.connector.connect(host=where) as it'
    try:
        it.ping()
    finally:
        it.close()


def in_a_block(where):
    with mysql.connector.connect(host=where) as it:
        it.ping()


def closed_where_it_is_connected(where):
    it = None
    try:
        it = mysql.connector.connect(host=where)  # expect: NAQ101@14 connection 'it' is closed by hand; use 'with mysql.connector.connect(host=where) as it'
        it.ping()
    finally:
        if it is not None and it.is_connected():
            it.close()
