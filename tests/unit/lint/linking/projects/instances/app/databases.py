"""A class whose objects have an engine, and objects of it."""

from sqlalchemy import create_engine


class Database:
    def __init__(self):
        self.engine = create_engine("sqlite://")
        self.other = open


shared = Database()
found = find("database")
