# settings: {"catalogues": ["files"], "resource": [{"name": "member", "acquire": ["tarfile.TarFile.extractfile", "zipfile.ZipFile.open"], "release-methods": ["close"]}]}
"""Files inside of archives, for a project that declares them: what makes an archive says of which class it is."""

import shutil
import tarfile
import zipfile
from contextlib import closing


def copied_from_a_tar(path, member, target):
    tar = tarfile.open(path)  # expect: NAQ101@11
    try:
        file = tar.extractfile(member)  # expect: NAQ103@16 member 'file' is never closed; use 'with tar.extractfile(member) as file'
        shutil.copyfileobj(file, target)
    finally:
        tar.close()


def read_from_a_zip(path, name):
    with zipfile.ZipFile(path) as archive:
        return archive.open(name).read()  # expect: NAQ103@16


def of_a_parameter(archive: zipfile.ZipFile, name):
    return archive.open(name).read()  # expect: NAQ103@12


# Silent: closed.
def closed(path, name):
    with zipfile.ZipFile(path) as archive, archive.open(name) as file:
        return file.read()


def closed_by_a_wrapper(path, member):
    with tarfile.open(path) as tar, closing(tar.extractfile(member)) as file:
        return file.read()
