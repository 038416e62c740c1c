"""Modules whose functions other modules may need: what they open as they are imported stays open."""

import sqlite3

db = sqlite3.connect("a")  # expect: NAQ103@6
db.execute("create table if not exists orders (number)")

# No other module runs the code for `__main__`.
if __name__ == "__main__":
    copy = sqlite3.connect("b")
    copy.execute("select 1")
    for name in ("c", "d"):
        each = sqlite3.connect(name)  # expect: NAQ103@16
        each.execute("select 1")


def total(numbers):
    return sum(numbers)
