# settings: {"catalogues": ["files"]}
"""A generator goes on using a file when the function that opens the file has ended: a block there would close it early."""

import contextlib


def lines(file):
    for line in file:
        yield line.strip()


class Response:
    def __init__(self, parts):
        self.parts = parts


class _Private(Response):
    pass


class Reader:
    def _lines(self, file):
        yield from file

    def read(self, path):
        file = open(path)  # expect: NAQ103@16 file 'file' is never closed; close it in a 'finally' of 'self._lines', which goes on using it
        return self._lines(file)

    def keep(self, path):
        file = open(path)  # expect: NAQ103@16 file 'file' is never closed; close it in a 'finally' of 'lines', which goes on using it
        self.lines = lines(file)

    def keep_in_a_dictionary(self, path):
        file = open(path)  # expect: NAQ103@16 file 'file' is never closed; close it in a 'finally' of 'lines', which goes on using it
        self.all[path] = lines(file=file)


def returned(path):
    return lines(open(path))  # expect: NAQ103@18 file is never closed; close it in a 'finally' of 'lines', which goes on using it


def in_an_object(path):
    file = open(path)  # expect: NAQ103@12 file 'file' is never closed; close it in a 'finally' of 'lines', which goes on using it
    return Response(parts=lines(file))


def in_an_object_of_a_private_class(path):
    file = open(path)  # expect: NAQ103@12 file 'file' is never closed; close it in a 'finally' of 'lines', which goes on using it
    return _Private(lines(file))


def by_a_name(path):
    file = open(path)  # expect: NAQ103@12 file 'file' is never closed; close it in a 'finally' of 'lines', which goes on using it
    found = lines(file)
    return Response(found)


def closed_on_another_way(path, wanted):
    file = open(path)  # expect: NAQ102@12 file 'file' stays open if line +4 returns; close it in a 'finally' of 'lines', which goes on using it
    if not wanted:
        file.close()
        return []
    return lines(file)


def closed_too_early(path):
    file = open(path)  # expect: NAQ101@12 file 'file' is closed by hand; close it in a 'finally' of 'lines', which goes on using it
    try:
        return lines(file)
    finally:
        file.close()


# It is read to its end inside of the function, or by a function that is not known.
def read_here(path):
    file = open(path)  # expect: NAQ103@12 file 'file' is never closed; use 'with open(path) as file'
    return list(lines(file))


def read_in_a_loop(path):
    file = open(path)  # expect: NAQ103@12 file 'file' is never closed; use 'with open(path) as file'
    for line in lines(file):
        print(line)


def read_by_a_name(path):
    file = open(path)  # expect: NAQ103@12 file 'file' is never closed; use 'with open(path) as file'
    found = lines(file)
    return sum(map(len, found))


# A context manager of a generator goes on using it, too. Silent: the generator closes it.
def closing(file):
    with file:
        yield from file


@contextlib.contextmanager
def managed(file):
    yield file


def closed(path):
    return closing(open(path))


def entered(path):
    return managed(open(path))  # expect: NAQ103@20 file is never closed; close it in a 'finally' of 'managed', which goes on using it
