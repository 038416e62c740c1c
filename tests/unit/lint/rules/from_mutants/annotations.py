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
