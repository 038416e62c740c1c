"""What a file imports of modules beside it, by its text."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.linking.imports import Import, ImportFinder, importers
from flake8_naq.linking.locate import Finder
from flake8_naq.syntax.import_words import import_lines


def imports(folder: Path, text: str) -> list[Import]:
    for name in ("p/__init__.py", "p/m.py", "p/n.py", "p/socket.py", "top.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    found = ImportFinder(Finder()).imports(text.encode(), str(folder / "p" / "user.py"))
    return [one._replace(path=Path(one.path).relative_to(folder).as_posix()) for one in found]


def may_import(text: str, path: str) -> bool:
    return importers(path, {"user": import_lines(text.encode()).divided}) == ["user"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import os, json", []),
        ("import socket\nfrom .socket import a", [Import("p/socket.py", frozenset({("a", "a")}))]),
        ("import top", [Import("top.py", whole=True)]),
        ("from top import a as b, c", [Import("top.py", frozenset({("a", "b"), ("c", "c")}))]),
        ("from top import *", [Import("top.py", frozenset({("*", "*")}), star=True)]),
        ("from .m import a\nfrom p.m import b", [Import("p/m.py", frozenset({("a", "a"), ("b", "b")}))]),
        ("from .m import a\nfrom . import m", [
            Import("p/__init__.py", frozenset({("m", "m")})),
            Import("p/m.py", frozenset({("a", "a")}), whole=True),
        ]),
        ("import p.m as x", [Import("p/__init__.py", whole=True), Import("p/m.py", whole=True)]),
    ],
)  # fmt: skip
def test_imports(tmp_path: Path, text: str, found: list[Import]) -> None:
    assert imports(tmp_path, text) == found
    assert all(may_import(text, one.path) for one in found)


@pytest.mark.parametrize(
    ("text", "path", "may"),
    [
        ("from . import a", "package/__init__.py", True),
        ("from .. import a", "package/__init__.py", True),
        ("from \\\n  . \\\n  import a", "package/__init__.py", True),
        ("import b; from . import a", "package/__init__.py", True),
        ("from .other import a", "package/__init__.py", False),
        ("from other import a  # as in p", "p/__init__.py", True),
        ("from . import a", "p/clients.py", False),
        ("from .other import a", "q/clients.py", False),
        ("import größe", "p/größe.py", True),
    ],
)
def test_a_quick_look_rules_a_module_out(text: str, path: str, may: bool) -> None:
    assert may_import(text, path) is may


@pytest.mark.parametrize(
    ("folder", "text", "first", "second"),
    [
        ("app", "from app.a import f", "app/a.py", "app/a.py"),
        ("app", "from .a import f", "app/a.py", "app/inner/a.py"),
        ("site-packages", "from app.a import f", "site-packages/app/a.py", None),
    ],
)
def test_what_an_import_means_in_two_folders(
    tmp_path: Path, folder: str, text: str, first: str, second: str | None
) -> None:
    """One look for a place may answer for many folders: not where the dots count, nor among installed packages."""
    inner = "app/inner" if folder == "app" else "site-packages/other"
    root = "" if folder == "app" else "site-packages/"
    for name in (f"{root}app/__init__.py", f"{root}app/a.py", f"{inner}/__init__.py", f"{inner}/a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    finder = ImportFinder(Finder())
    for place, found in ((f"{root}app", first), (inner, second)):
        paths = [one.path for one in finder.imports(text.encode(), str(tmp_path / place / "user.py"))]
        assert paths == ([] if found is None else [str(tmp_path / found)])


NAMED = Import("m.py", frozenset({("a", "b"), ("c", "c")}))


@pytest.mark.parametrize(
    ("one", "wanted", "source", "mentions", "known", "given"),
    [
        (NAMED, {"a"}, b"", True, {"b"}, {"b"}),
        (NAMED, {"b"}, b"b", False, set(), set()),
        (NAMED, set(), b"a", False, set(), set()),
        (Import("m.py", whole=True), {"a"}, b"m.a()", True, {"a"}, set()),
        (Import("m.py", whole=True), {"a"}, b"m.x()", False, {"a"}, set()),
        (Import("m.py", star=True), {"a"}, b"", True, {"a"}, {"a"}),
        (Import("m.py", star=True), set(), b"a", False, set(), set()),
        (NAMED, {"a.make"}, b"def f():\n    return b().make()", True, {"b"}, {"b"}),
        (NAMED, {"a.make"}, b"def f():\n    return b().close()", False, {"b"}, {"b"}),
        (NAMED, {"b.make"}, b"def f():\n    return b().make()", False, set(), set()),
        (NAMED, {"a.make"}, b"class C(x, b):\n    pass", True, {"b"}, {"b"}),
        (NAMED, {"a.make"}, b"class C:\n    def f(self):\n        b", False, {"b"}, {"b"}),
        (NAMED, {"a.make"}, b"from m import a as b", True, {"b"}, {"b"}),
        (NAMED, {"a.make"}, b"__all__ = ['b']\ndef f():\n    pass", True, {"b"}, {"b"}),
        (Import("m.py", whole=True), {"a.make"}, b"def f():\n    m.a().make()", True, {"a"}, set()),
        (Import("m.py", whole=True), {"Store.make"}, b"def f():\n    m.x().make()", False, {"Store"}, set()),
        (Import("m.py", whole=True), {"a.make"}, b"class C(m.a): pass", True, {"a"}, set()),
    ],
)
def test_names_that_are_wanted(
    one: Import, wanted: set[str], source: bytes, mentions: bool, known: set[str], given: set[str]
) -> None:
    assert one.mentions(wanted, lambda: source) is mentions
    assert one.known_as(wanted) == known
    assert one.given_on(wanted) == given


@pytest.mark.parametrize("text", ["from a.b import f", "import b", "from project.x.a.b import f"])
def test_imports_from_the_folders_of_the_project_above(tmp_path: Path, text: str) -> None:
    for name in ("pyproject.toml", "x/a/b.py", "x/b.py", "x/d/user.py"):
        (tmp_path / "project" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "project" / name).write_text("")
    finder = ImportFinder(Finder())
    assert len(finder.imports(text.encode(), str(tmp_path / "project/x/d/user.py"))) == 1
