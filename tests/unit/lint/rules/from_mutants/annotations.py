# settings: {"resource": [{"name": "file", "acquire": ["open", "pathlib.Path.open"], "release-methods": ["close"], "manager": "with open({args}) as {name}"}]}
"""Types that only an annotation says."""

import pathlib


def in_a_string(p: "pathlib.Path"):
    file = p.open()  # expect: NAQ103@12 file 'file' is never closed; use 'with p.open() as file'
    return file.read()


def in_a_union(p: pathlib.Path | None):
    file = p.open()  # expect: NAQ103@12 file 'file' is never closed; use 'with p.open() as file'
    return file.read()


def of_another_type(p: "zipfile.Path"):
    file = p.open()
    return file.read()


class OfAnAttribute:
    def __init__(self, make):
        self._path: pathlib.Path = make()

    def read(self):
        file = self._path.open()  # expect: NAQ103@16 file 'file' is never closed; use 'with self._path.open() as file'
        return file.read()


# Silent: a method is not what it returns.
class OfAMethod:
    def path(self) -> pathlib.Path:
        return pathlib.Path("a")

    def read(self):
        file = self.path.open()
        return file.read()
