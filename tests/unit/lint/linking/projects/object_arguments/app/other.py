"""A class that has another function by the name of a method."""

from app.lower import Lower

class Other(Lower):
    read = print
