"""A star of a module that is not known may bring other things by these names; one of the standard library does not."""

from app.pairs import *
from somewhere import *


def read():
    connection = make_here()
    return connection.execute("SELECT 1").fetchall()
