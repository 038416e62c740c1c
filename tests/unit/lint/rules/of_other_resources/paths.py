# settings: {"catalogues": ["files"]}
"""Files that are opened by a path which other paths give, or a variable, an attribute, a function."""
import pathlib
from pathlib import Path

import sqlalchemy

ROOT = Path(__file__).parent


def named(text) -> Path:
    return ROOT / text


def of_parameter(tmp: Path):
    return (tmp / "x").open().read()  # expect: NAQ103@12 file is never closed; use 'with (tmp / "x").open() as f'


def of_variable(tmp):
    path = Path(tmp) / "x"
    file = path.open()  # expect: NAQ103@12 file 'file' is never closed; use 'with path.open() as file'
    return file.read()


def of_module():
    return (ROOT / "x").open().read()  # expect: NAQ103@12 file is never closed; use 'with (ROOT / "x").open() as f'


def of_methods(part):
    path = (Path.cwd() / "a").joinpath(part)
    return list(path.with_suffix(".txt").open())  # expect: NAQ103@17 file is never closed; use 'with path.with_suffix(".txt").open() as f'


def of_function():
    return named("x").open().read()  # expect: NAQ103@12 file is never closed; use 'with named("x").open() as f'


class Folder:
    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()

    def read(self, name):
        return (self.root / name).open().read()  # expect: NAQ103@16 file is never closed; use 'with (self.root / name).open() as f'


# Silent: closed, or no path.
def in_a_block(tmp: Path):
    with (tmp / "x").open() as file:
        return file.read()


def of_another_class(store):
    path = store / "x"
    return path.open().read()


def of_either(store, name):
    path = Path(name) if name else store
    return (path / "x").open().read()


def divided(tmp: Path, ratio):
    size = ratio / 2
    return size.open().read()


def a_name(tmp: Path):
    return tmp.name.open().read()


def of_an_engine(url):
    return sqlalchemy.create_engine(url).replace("a", "b").connect().scalar("select 1")
