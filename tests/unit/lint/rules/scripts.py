"""A script: what it opens once and leaves open ends with its process."""

import socket
import sqlite3

import psycopg2


class Row:
    pass


db = sqlite3.connect("a")
db.row_factory = Row
db.execute("select 1")

# Silent: the script ends on each way on which it is open.
if db.execute("select 1"):
    journal = sqlite3.connect("b")
    journal.execute("select 1")
    if journal.total_changes:
        journal.close()

# Each turn opens another.
for host in ("a", "b"):
    probe = socket.create_connection((host, 80))  # expect: NAQ103@13
    probe.sendall(b"x")

# The first is lost while the script goes on.
spare = sqlite3.connect("c")  # expect: NAQ103@9
spare.execute("select 1")
spare = sqlite3.connect("d")  # expect: NAQ101@9
spare.close()

# Nothing holds it.
sqlite3.connect("e").execute("select 1")  # expect: NAQ103@1

# The block looks as if it closed the connection.
with psycopg2.connect("f") as held:  # expect: NAQ103@6
    held.cursor().execute("select 1")
