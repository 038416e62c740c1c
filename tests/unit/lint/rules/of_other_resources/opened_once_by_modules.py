"""A module opens a connection for other modules, unless it has one."""

import sqlite3

plain = sqlite3.connect("plain.db")

connection = None
if connection is None:
    connection = sqlite3.connect("shop.db")

other = None
if other:
    print("it has one")
else:
    other = sqlite3.connect("other.db")

used = None
if not used:
    used = sqlite3.connect("used.db")  # expect: NAQ103@12
    print(used)

asked_later = sqlite3.connect("later.db")  # expect: NAQ103@15
if asked_later is None:
    print("no database")

shown = None
if print(shown) is None:
    shown = sqlite3.connect("shown.db")  # expect: NAQ103@13


# With a function that others call, the module may be more than a script.
def total(numbers):
    return sum(numbers)
