"""Has the name of a module of Python itself, and a function of it."""


def create_connection(address):
    return address
