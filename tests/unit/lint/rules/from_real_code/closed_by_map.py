# settings: {"catalogues": ["files"]}
"""A function that gets each item of a list may close it."""

import sqlite3
from operator import attrgetter, methodcaller


# The call closes each. Only where the second cannot be opened is the first lost, as there is no object then.
class ClosedInAList:
    def __init__(self, path):
        self.db = sqlite3.connect(path)  # expect: NAQ102@19
        self.other = sqlite3.connect(path)

    def close(self):
        every = [self.db, self.other]
        list(map(methodcaller("close"), every))


class ClosedInATuple:
    def __init__(self, path):
        self.db = sqlite3.connect(path)  # expect: NAQ102@19
        self.other = sqlite3.connect(path)

    def close(self):
        for _ in map(methodcaller("close"), (self.db, self.other)):
            pass


class FilteredAndClosed:
    def __init__(self, path):
        self.db = sqlite3.connect(path)

    def close(self):
        list(filter(methodcaller("close"), [self.db]))


class ShownByMap:
    def __init__(self, path):
        self.db = sqlite3.connect(path)  # expect: NAQ108

    def shown(self):
        return list(map(str, [self.db]))


class ReadByMap:
    def __init__(self, path):
        self.file = open(path)  # expect: NAQ108

    def lines(self):
        return list(map(str.strip, self.file))


def closed_in_a_list(path):
    db = sqlite3.connect(path)
    list(map(methodcaller("close"), [db]))


def read_by_map(path):
    file = open(path)  # expect: NAQ103
    return list(map(attrgetter("x"), file))
