# settings: {"resource": [{"name": "session", "acquire": ["shop.Session"], "release-methods": ["await close"]}, {"name": "file", "acquire": ["open"], "release-methods": ["close"], "release-again": ["close"]}, {"name": "listener", "acquire": ["shop.Listener"], "release-methods": ["close"]}]}
"""Who owns a resource: a container, a returned closure, the other process, the name that it is compared with."""

import os
import zipfile

import shop


class Hub:
    def __init__(self):
        self._session = shop.Session()
        self._all = {"main": self._session}

    async def stop(self):
        for session in self._all.values():
            await session.close()


class Registered:
    def __init__(self, registry):
        self._session = shop.Session()
        registry["main"] = self._session


class Forgotten:
    def __init__(self):
        self._session = shop.Session()  # expect: NAQ108@25 session 'self._session' is closed by no method of class 'Forgotten'; add one that calls 'await self._session.close()', or use a context manager
        self._names = {"main": self._session.name}


def query(path):
    file = open(path)

    def ask(text):
        return text in file

    return ask


def serve(work):
    with shop.Listener() as listener:
        if os.fork() == 0:
            listener.close()
            os._exit(work())


def serve_alone(work):
    with shop.Listener() as listener:
        work()
        listener.close()  # expect: NAQ107@9


def save(target, data):
    file = target if hasattr(target, "write") else open(target, "wb")  # expect: NAQ101@52
    try:
        file.write(data)
    finally:
        if file != target:
            file.close()


def save_sometimes(target, data):
    file = target if hasattr(target, "write") else open(target, "wb")  # expect: NAQ103@52
    file.write(data)
    if file == target:
        file.flush()


def names(path):
    file = open(path, "rb")  # expect: NAQ103@12
    with zipfile.ZipFile(file) as archive:
        return archive.namelist()


def read_all(paths):
    files = [open(path) for path in paths]  # expect: NAQ103@14 file is never closed; use 'with open(path) as f'
    return [file.read() for file in files]


def sizes(first, second):
    files = [open(first), open(second)]  # expect: NAQ103@14 | NAQ103@27
    print(len(files), files[0].name)
    for file in files:
        print(file.tell())


def read_all_and_close(paths):
    files = [open(path) for path in paths]  # expect: NAQ102@14 files in 'files' stay open if line +1 raises; close each in a 'finally', as in 'item.close()'
    texts = [file.read() for file in files]
    for file in files:
        file.close()
    return texts


def given_on(paths, keep):
    files = [open(path) for path in paths]
    for file in files:
        keep(file)


def extended(paths, stack):
    files = [open(path) for path in paths]
    files.extend(stack)
    return len(files)


def returned(paths):
    files = [open(path) for path in paths]
    print(len(files))
    return files


def made_twice(paths):
    files = [open(path) for path in paths]
    files = [file for file in files if file.readable()]
    return files
