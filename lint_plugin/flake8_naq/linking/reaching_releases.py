"""Releases that reach into objects of other modules: `await self.app.bus.client.close()`, by the texts of a project.

A file is judged without the modules that import it. One question is asked about these where a finding depends on the
answer: whether one of them releases an attribute that the file's own class leaves open. The same attribute may be meant
if the two modules belong to one program, as some module imports both of them, or if the other module calls the object
as the class is called. A test releases what it has made itself, so it says nothing about other code.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from flake8_naq.facts.other_modules import Answers, ReachedAttribute
from flake8_naq.linking.locate import stamp
from flake8_naq.linking.module_texts import ModuleTexts
from flake8_naq.prescan.owner_classes import CLOSING_NAMES
from flake8_naq.project.paths import encoded

_OWN: Final = frozenset({"self", "cls"})
_MOST: Final = 5_000  # modules of a project that are looked at, and folders
_NEAR: Final = 200  # characters before a release in which its object is looked for
_OBJECT: Final = re.compile(rb"(?:\b[^\W\d]\w*|[)\]])(?:\s*\.\s*\w+(?:\(\))?)*\s*\Z")
_ITEMS: Final = frozenset({"values()", "items()", "copy()"})
# A text at the beginning of a pattern is searched quickly.
_LOOKED_UP: Final = re.compile(rb"getattr(?<!\wgetattr)\(\s*([\w.]+)\s*,\s*[\"'](\w+)[\"']\s*(?:,[^()]*)?\)")
_IMPORT: Final = re.compile(rb"import[ \t]+([^#;\r\n]+)")
_TESTS: Final = re.compile(r"(?:test_.*|.*_test|conftest)\.py")
_TEST_FOLDERS: Final = frozenset({"test", "tests"})


class Reach(NamedTuple):
    """A release in the module at `path` of an attribute of what is called `holder` there, empty if that has no name.

    `first`: no other name comes before that one, which may be the name of a module then.
    """

    path: str
    holder: str
    first: bool


class ReachingReleases:
    """The releases of each project, found when the first file asks for them."""

    def __init__(self, texts: ModuleTexts) -> None:
        self._texts = texts
        self._projects: dict[str, _Project] = {}
        self._answers: dict[tuple[str, ReachedAttribute], bool] = {}

    def are_elsewhere(self, path: str, asked: ReachedAttribute) -> bool:
        """Return whether a module other than the one at `path` may release the attribute of an object of that."""
        key = path, asked
        if key not in self._answers:
            folder = self._texts.finder.repository(path)
            if folder not in self._projects:
                self._projects[folder] = _Project(self._texts, folder)
            self._answers[key] = self._projects[folder].releases(path, asked)
        return self._answers[key]

    def still_answer(self, path: str, answers: Answers) -> bool:
        """Return whether each question about the file at `path` still has the answer of an earlier run."""
        place = os.path.abspath(path)
        return all(self.are_elsewhere(place, asked) == answer for asked, answer in answers.items())


class AskedFor:
    """The other modules for the file at `path`, which keep what the file has asked."""

    def __init__(self, releases: ReachingReleases, path: str) -> None:
        self.answers: dict[ReachedAttribute, bool] = {}
        self._releases = releases
        self._path = path

    def may_release(self, asked: ReachedAttribute) -> bool:
        """Return whether another module may release the attribute of an object that the file makes."""
        if asked not in self.answers:
            self.answers[asked] = self._releases.are_elsewhere(self._path, asked)
        return self.answers[asked]


class _Releases:
    """The releases of attributes in some modules; the texts are searched when a method is asked for first."""

    def __init__(self, texts: ModuleTexts, modules: Collection[str]) -> None:
        self._texts = texts
        self._modules = modules
        self._known: set[str] = set()  # names of methods that were looked for
        self._found: dict[tuple[str, str], list[Reach]] = {}  # by attribute and method

    def of(self, asked: ReachedAttribute) -> Iterator[Reach]:
        """Yield the releases of the attribute by one of the methods."""
        if not asked.releases <= self._known:
            self._look_for({*asked.releases, *CLOSING_NAMES} - self._known)
        for method in asked.releases:
            yield from self._found.get((asked.name, method), ())

    def _look_for(self, methods: Collection[str]) -> None:
        self._known.update(methods)
        names = b"|".join(sorted(re.escape(encoded(one)) for one in methods))
        released = re.compile(rb"\.\s*+(%b)\b" % names)
        for path in self._modules:
            self._texts.finder.stamps.setdefault(path, stamp(path))
            # `getattr(app, "bus", None)` is `app.bus`
            source = _LOOKED_UP.sub(rb"\1.\2", self._texts.read(path) or b"")
            for holder, attribute, method, first in _reaches(source, released):
                self._found.setdefault((attribute, method), []).append(Reach(path, holder, first))


class _Project:
    """The modules below a folder: what they release of objects, and which of them belong to one program."""

    def __init__(self, texts: ModuleTexts, folder: str) -> None:
        self._texts = texts
        self._folder = folder
        self._modules = sorted(_modules_below(texts, folder))
        self._in_tests = _Releases(texts, list(filter(self._is_test, self._modules)))
        self._in_others = _Releases(texts, [one for one in self._modules if not self._is_test(one)])
        self._imported: dict[str, tuple[str, ...]] = {}
        self._users: dict[str, set[str]] = {}

    def releases(self, path: str, asked: ReachedAttribute) -> bool:
        counted = (self._in_others, self._in_tests) if self._is_test(path) else (self._in_others,)
        others = {one for part in counted for one in part.of(asked) if one.path != path}
        return any(self._means(one, path, asked) for one in sorted(others))

    def _means(self, one: Reach, path: str, asked: ReachedAttribute) -> bool:
        if one.holder in _OWN:  # a class that derives from the one that has the attribute
            derived = rb"\bclass[ \t]+\w+[ \t]*\([^:]*\b%b\b" % re.escape(encoded(asked.holder))
            return re.search(derived, self._texts.read(one.path) or b"") is not None
        if one.first and one.holder in _imported_modules(self._texts.read(one.path) or b""):
            return False  # `socket.socket().close()` calls a function of a module
        if one.holder and _names_it(one.holder, asked.holder):
            return True
        return one.path in self._program_of(path)

    def _is_test(self, path: str) -> bool:
        *folders, name = os.path.relpath(path, self._folder).split(os.sep)
        return _TESTS.fullmatch(name) is not None or not _TEST_FOLDERS.isdisjoint(folders)

    def _program_of(self, path: str) -> set[str]:
        """Return the modules which some module imports that imports the one at `path`, too; each on any way."""
        if not self._imported:
            for one in self._modules:
                found = self._texts.imports_in(self._texts.read(one) or b"", one)
                self._imported[one] = tuple(inner.path for inner in found)
                for inner in self._imported[one]:
                    self._users.setdefault(inner, set()).add(one)
        return _closure(self._imported, _closure(self._users, [path]))


def _modules_below(texts: ModuleTexts, folder: str) -> Iterator[str]:
    """Yield the modules in the folder and those below it, up to a bound: the nearest come first."""
    pending = [folder]
    left = _MOST
    for number, one in enumerate(pending):
        inner, modules = texts.finder.entries(one)
        yield from sorted(modules)[:left]
        left -= len(modules)
        if left <= 0 or number >= _MOST:
            return
        pending += sorted(inner)


def _closure(following: Mapping[str, Iterable[str]], start: Iterable[str]) -> set[str]:
    pending = list(start)
    found = set(pending)
    for one in pending:
        new = [inner for inner in following.get(one, ()) if inner not in found]
        found.update(new)
        pending += new
    return found


def _names_it(holder: str, owner: str) -> bool:
    """Return whether an object of that name may be of the class: `http` of `BotHTTP`, `order_bus` of `Bus`."""
    words = [one.lower().replace("_", "") for one in (holder, owner)]
    return min(map(len, words)) > 1 and (words[0].endswith(words[1]) or words[1].endswith(words[0]))


def _reaches(source: bytes, released: re.Pattern[bytes]) -> Iterator[tuple[str, str, str, bool]]:
    """Yield the name of the object, the attribute, and the method of each release of an attribute of an object.

    In `self.app.bus.close()`, that is `bus` of `app`, and `app` of `self`, whose part is closed. A call gives
    something else than a part: `bus.get()` of `bus.get().close()` is released, and not `bus`. The last item tells
    whether the path begins with the name of the object.
    """
    for found in released.finditer(source):
        path = _path_before(source, found.start())
        # What is closed may be another name for an attribute: `nc = app.nc`, or `self.nc = app.nc` in any method.
        values = _values_of(source, path[0], found.start()) if len(path) == 1 else _values_of_own(source, path)
        for names in (path, *values):
            parts = _behind_last_call(names)
            first = len(parts) == len(names)
            for holder, attribute in pairwise(parts):
                yield holder.removesuffix("()"), attribute.removesuffix("()"), found[1].decode(), first
                first = False


def _imported_modules(source: bytes) -> Iterator[str]:
    """Yield the names by which `import` statements bind modules."""
    for found in _IMPORT.finditer(source):
        before = source[source.rfind(b"\n", 0, found.start()) + 1 : found.start()]
        for one in found[1].decode().split(",") if not before.strip() else ():
            name, _, alias = one.partition(" as ")
            yield alias.strip() or name.partition(".")[0].strip()


def _path_before(source: bytes, end: int) -> list[str]:
    """Return the names of `app.bus.client` that ends there; the first is empty where that is a call or an item."""
    found = _OBJECT.search(source, max(0, end - _NEAR), end)
    return [] if found is None else [_name(one) for one in found[0].split(b".")]


def _name(part: bytes) -> str:
    """Return the name, with brackets for a call; empty for the end of another expression."""
    return part.strip().decode().lstrip(")]")


def _values_of(source: bytes, name: str, end: int) -> Iterator[list[str]]:
    """Yield the names of each path that the name may stand for at `end`: one assigned to it, or whose items have it."""
    for start, names in _assigned(source, name, end) if name else ():
        if not _ends_function(source, start, end):
            yield names


def _values_of_own(source: bytes, path: Sequence[str]) -> Iterator[list[str]]:
    """Yield the names of each path that is assigned to the path, if that is an attribute of `self`."""
    if path and path[0] in _OWN:
        yield from (names for _, names in _assigned(source, ".".join(path), len(source)))


def _assigned(source: bytes, name: str, end: int) -> Iterator[tuple[int, list[str]]]:
    """Yield where a path is assigned to the name before `end`, with the names of the path."""
    value = rb"[ \t]*(?::?=|\bin\b)[ \t]*(?:await[ \t]+)?([\w.]+\.\w+(?:\(\))?)[ \t\r]*(?:$|:|(?:if|or)\b|\))"
    # A search for a text that starts the pattern is quick, so what must not stand before it comes later.
    text = re.escape(encoded(name))
    assigned = re.compile(rb"%b(?<![\w.]%b)%b" % (text, text, value), re.MULTILINE)
    for found in assigned.finditer(source, 0, end):
        names = found[1].decode().split(".")
        yield found.start(), names[:-1] if names[-1] in _ITEMS else names


def _ends_function(source: bytes, start: int, end: int) -> bool:
    """Return whether another function or class begins behind the block in which `start` is, and before `end`."""
    line = source[source.rfind(b"\n", 0, start) + 1 : start]
    indent = len(line) - len(line.lstrip())
    defined = rb"^[ \t]{0,%d}(?:async[ \t]+def|def|class)\b" % (indent - 1)
    return indent > 0 and re.search(defined, source[start:end], re.MULTILINE) is not None


def _behind_last_call(names: list[str]) -> list[str]:
    calls = [number for number, name in enumerate(names) if name.endswith("()")]
    return names[max(0, calls[-1] - 1) :] if calls else names
