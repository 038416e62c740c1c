"""What neo4j opens by a call."""

import neo4j


def never_closed(where):
    it = neo4j.GraphDatabase.driver(where)  # expect: NAQ103@10 driver 'it' is never closed; use 'with neo4j.GraphDatabase.driver(where) as it'
    it.verify_connectivity()


def stays_open_on_an_error(where):
    it = neo4j.GraphDatabase.driver(where)  # expect: NAQ102@10 driver 'it' stays open if line +1 raises; use 'with neo4j.GraphDatabase.driver(where) as it'
    it.verify_connectivity()
    it.close()


def by_hand(where):
    it = neo4j.GraphDatabase.driver(where)  # expect: NAQ101@10 driver 'it' is closed by hand; use 'with neo4j.GraphDatabase.driver(where) as it'
    try:
        it.verify_connectivity()
    finally:
        it.close()


def in_a_block(where):
    with neo4j.GraphDatabase.driver(where) as it:
        it.verify_connectivity()
