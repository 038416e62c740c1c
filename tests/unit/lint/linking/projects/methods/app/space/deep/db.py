"""A class in a package below a folder that is none, so that messages name its module by a shorter path."""

import sqlite3


class Deep:
    def connect(self):
        return sqlite3.connect("orders.db")
