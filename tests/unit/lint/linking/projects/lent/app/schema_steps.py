"""Functions that a function of another module calls, one of them in a circle."""
from app import schema


def create(connection):
    connection.execute("CREATE TABLE jobs (id)")


def ring(connection):
    schema.ring(connection)
