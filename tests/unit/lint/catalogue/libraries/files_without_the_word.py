# settings: {"catalogues": ["files"]}
"""Files of the standard library in a module that calls no function with the name of the builtin."""

import tempfile
import zipfile


def used_by_its_name(convert):
    file = tempfile.NamedTemporaryFile()  # expect: NAQ103
    convert(file.name)


def written(path, names):
    archive = zipfile.ZipFile(path, "w")  # expect: NAQ102
    for name in names:
        archive.write(name)
    archive.close()
