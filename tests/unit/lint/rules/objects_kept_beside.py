# settings: {"catalogues": ["files"], "select": ["NAQ101", "NAQ102", "NAQ103", "NAQ108", "NAQ114"]}
"""A class keeps an object of a library beside the file that it has given to it: its objects own the file none the less."""

import library
from library import Reader, wrapped

READERS = []


class Samples:
    def __init__(self, path):
        self.stream = open(path, "rb")
        self.reader: Reader = Reader(self.stream)

    def __len__(self):
        return self.reader.size

    def __getitem__(self, index):
        return self.reader.read(index)

    def first(self):
        return self[0] if len(self) else None

    def close(self):
        self.reader.close()
        self.reader = None
        if not self.stream.closed:
            self.stream.close()


class SamplesAndLog:
    def __init__(self, path):
        self.stream = open(path, "rb")
        self.reader = Reader(self.stream)
        self.log = library.Log(path)

    def first(self):
        return self.reader.read(1)

    def close(self):
        self.stream.close()


class SamplesByKeyword:
    def __init__(self, path):
        self.stream = open(path, "rb")
        self.reader = library.Reader(stream=self.stream)

    def first(self):
        return self.reader.read(1)

    def close(self):
        self.stream.close()


def never_closed(path):
    samples = Samples(path)  # expect: NAQ114@15 Samples 'samples' opens a file (line -45) and is never closed; call 'samples.close()' in a 'finally'
    return samples.first()


def closed_by_hand(path):
    samples = SamplesByKeyword(path)  # expect: NAQ114@15 SamplesByKeyword 'samples' opens a file (line -16) and stays open if line +1 raises; call 'samples.close()' in a 'finally'
    first = samples.first()
    samples.close()
    return first


def another_object_is_closed(path):
    samples = SamplesAndLog(path)  # expect: NAQ114@15 SamplesAndLog 'samples' opens a file (line -36) and is never closed; call 'samples.close()' in a 'finally'
    first = samples.first()
    samples.log.close()
    return first


# Silent: the object of the library may close the file.
def closed_by_its_reader(path):
    samples = SamplesByKeyword(path)
    first = samples.first()
    samples.reader.close()
    return first


# Silent: other code may have the object of the library, or it has another one, or it is none of a class.
class KeptElsewhere:
    def __init__(self, path):
        self.stream = open(path, "rb")
        READERS.append(Reader(self.stream))

    def close(self):
        self.stream.close()


class Named:
    def __init__(self, path):
        self.stream = open(path, "rb")
        reader = Reader(self.stream)
        self.read = reader.read

    def close(self):
        self.stream.close()


class Replaced:
    def __init__(self, path, given):
        self.stream = open(path, "rb")
        self.reader = Reader(self.stream)
        if given:
            self.reader = given

    def close(self):
        self.stream.close()


class Wrapped:
    def __init__(self, path):
        self.stream = open(path, "rb")
        self.reader = wrapped(self.stream)

    def close(self):
        self.stream.close()


class OfUnknownCode:
    def __init__(self, path, Reader):
        self.stream = open(path, "rb")
        self.reader = Reader(self.stream)

    def close(self):
        self.stream.close()


class GivesItsReader:
    def __init__(self, path):
        self.stream = open(path, "rb")
        self.reader = Reader(self.stream)

    def open_reader(self, keep):
        keep(self.reader)

    def close(self):
        self.stream.close()


def uses_each(path, given, keep):
    KeptElsewhere(path).first()
    Named(path).first()
    Replaced(path, given).first()
    Wrapped(path).first()
    OfUnknownCode(path, given).first()
    samples = GivesItsReader(path)
    samples.open_reader(keep)
