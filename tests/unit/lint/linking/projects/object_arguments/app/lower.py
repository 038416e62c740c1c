"""The base of a base."""

import abc


class Lower(abc.ABC):
    def read(self, connection):
        return connection.execute("SELECT 1").fetchone()

    def keep(self, connection):
        self.connection = connection

    def close(self, connection):
        connection.close()

    def replaced(self, connection):
        return connection.execute("SELECT 1").fetchone()

    def run(self, function):
        return function()

    async def later(self, connection):
        connection.execute("SELECT 1")

    @abc.abstractmethod
    def written_elsewhere(self, connection): ...

    @staticmethod
    def static(connection, table):
        return connection.execute(table)

    @classmethod
    def of_class(cls, connection):
        return connection.execute("SELECT 1")
