"""A method does not see the names of its class: the engine is that of the module."""

from sqlalchemy import create_engine

engine = create_engine("sqlite://")


class Store:
    engine = None

    def rows(self, text):
        connection = engine.connect()  # expect: NAQ103
        return connection.execute(text).fetchall()
