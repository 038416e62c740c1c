"""Functions that work with a connection of the module that calls them."""
from app import schema_steps


def create(connection):
    connection.execute("CREATE TABLE jobs (id)")


def create_in_steps(connection):
    schema_steps.create(connection)


def ring(connection):
    schema_steps.ring(connection)


def try_to_create(connection):
    try:
        connection.execute("CREATE TABLE jobs (id)")
    except Exception:
        pass
