"""Objects that a module makes for others to import: these may close them."""

import sqlite3


class Database:
    def __init__(self, path):
        self.connection = sqlite3.connect(path)

    def close(self):
        self.connection.close()


shared = Database("shop.db")
used_here = Database("other.db")  # expect: NAQ114@13 Database 'used_here' opens a connection (line -7) and is never closed; call 'used_here.close()' in a 'finally'
print(used_here)


def ask(text):
    return shared.connection.execute(text)


made_once = None
if made_once is None:
    made_once = Database("third.db")

replaced = None
if not replaced or not shared:
    replaced = Database("fourth.db")

asked_later = Database("fifth.db")  # expect: NAQ114@15
if asked_later is None:
    print("no database")
