"""Imports that are added and removed, in the style that the file has."""

from __future__ import annotations

import pytest

from flake8_naq.edits.apply import applied
from flake8_naq.edits.imports import Imports, merged
from flake8_naq.edits.model import CannotFix, Need
from flake8_naq.edits.snapshot import Snapshot
from flake8_naq.project.settings import Settings


def changed(source: str, needs: tuple[Need, ...] = (), unused: tuple[str, ...] = ()) -> str:
    snapshot = Snapshot(source, Settings(), "package/module.py")
    return applied(snapshot.concrete, Imports(snapshot).edits(needs, set(unused)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a\nx = 1\n", "x = 1\n"),
        ("import a\n\n\nx = 1\n", "x = 1\n"),
        ("import b\nimport a\nx = 1\n", "import b\nx = 1\n"),
        ("import b\n\nimport a\n\nx = 1\n", "import b\n\nx = 1\n"),
        ("from m import a, b\n", "from m import b\n"),
        ("from m import b, a\n", "from m import b\n"),
        ("from m import (a, b)\n", "from m import (b)\n"),
        ("from m import (\n    a,\n    b,\n)\n", "from m import (\n    b,\n)\n"),
        ("from m import (\n    a, b,\n)\n", "from m import (b)\n"),
        ("from m import a, \\\n    b\n", "from m import b\n"),
        ("from m import \\\n    a, b\n", "from m import b\n"),
        ("from m import a as b, a\n", "from m import a as b\n"),
        ("import a  # one\nx = 1\n", "# one\nx = 1\n"),
        ("from m import (\n    a,  # one\n    b,\n)\n", "from m import (\n    # one\n    b,\n)\n"),
        ("def f():\n    import a\n", "def f():\n    pass\n"),
        ("if TYPE_CHECKING:\n    import a\nx = 1\n", "x = 1\n"),
        ("try:\n    import a\nexcept ImportError:\n    a = None\n", "try:\n    import a\nexcept ImportError:\n    a = None\n"),
        ("try:\n    import a\nfinally:\n    x = 1\n", "try:\n    pass\nfinally:\n    x = 1\n"),
        ("from m import a, b  # noqa\n", "from m import a, b  # noqa\n"),
    ],
)
def test_removed(before: str, after: str) -> None:
    assert changed(before, unused=("a",)) == after


@pytest.mark.parametrize("before", ["import a; import b\n", "import b; import a\n", "import b; import a; x = 1\n"])
def test_a_statement_that_shares_its_line_is_left(before: str) -> None:
    with pytest.raises(CannotFix, match=r"^several statements share line 1$"):
        changed(before, unused=("a",))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1\n", "from p.m import N\nx = 1\n"),
        ('"""Doc."""\n\nx = 1\n', '"""Doc."""\nfrom p.m import N\n\nx = 1\n'),
        ("import z\nx = 1\n", "import z\nfrom p.m import N\nx = 1\n"),
        ("from p.a import b\nimport z\n", "from p.a import b\nfrom p.m import N\nimport z\n"),
        ("from p.z import b\nimport z\n", "from p.m import N\nfrom p.z import b\nimport z\n"),
        ("from p.m import A, Z\n", "from p.m import A, N, Z\n"),
        ("from p.m import Z, A\n", "from p.m import Z, A, N\n"),
        ("from p.m import N\n", "from p.m import N\n"),
        ("from p import N\n", "from p import N\n"),
        ("from p import A, N\n", "from p import A, N\n"),
        ("from p import O as N\n", "from p import O as N\nfrom p.m import N\n"),
        ("from q import N\n", "from q import N\nfrom p.m import N\n"),
        ("from p.m import *\n", "from p.m import *\nfrom p.m import N\n"),
        ("from p.m import A  # noqa\n", "from p.m import A  # noqa\nfrom p.m import N\n"),
        ("from p.m import (\n    A,\n    Z,\n)\n", "from p.m import (\n    A,\n    N,\n    Z,\n)\n"),
        ("from p.m import (\n    A,\n)\n", "from p.m import (\n    A,\n    N,\n)\n"),
        ("def f():\n    from p.m import A\n", "from p.m import N\ndef f():\n    from p.m import A\n"),
    ],
)
def test_added(before: str, after: str) -> None:
    assert changed(before, (Need("p.m", "N"),)) == after


def test_a_sibling_of_another_module_is_joined() -> None:
    assert changed("from package import a, z\n", (Need("p.m", "n", "a"),)) == "from package import a, n, z\n"
    assert changed("from p import a, z\n", (Need("p.m", "n", "a"),)) == "from p import a, z\nfrom p.m import n\n"


def test_a_sibling_that_has_the_name_already_stays_as_it_is() -> None:
    source = "def f():\n    from package import a, N\n"
    assert changed(source, (Need("p.m", "N", "a"),)) == source


def test_one_statement_for_the_names_of_a_module() -> None:
    needs = (Need("p.m", "get"), Need("p.m", "CONFIG"), Need("p.m", "Config"))
    assert changed("x = 1\n", needs) == "from p.m import CONFIG, Config, get\nx = 1\n"


@pytest.mark.parametrize(
    ("kept", "new", "before", "after"),
    [
        (["a", "c"], ["b"], ["a", "c"], ["a", "b", "c"]),
        (["B", "a"], ["C"], ["B", "a"], ["B", "C", "a"]),
        (["CONFIG", "Any", "T", "a"], ["B"], ["CONFIG", "Any", "T", "a"], ["CONFIG", "Any", "B", "T", "a"]),
        (["c", "a"], ["b"], ["c", "a"], ["c", "a", "b"]),
        ([], ["b", "a"], [], ["a", "b"]),
    ],
)
def test_merged(kept: list[str], new: list[str], before: list[str], after: list[str]) -> None:
    assert merged(kept, new, before) == after


def test_long_imports_that_are_new_get_one_name_on_each_line() -> None:
    line = f"from p.m import {', '.join(f'name_{letter}' for letter in 'abcdefghijklm')}"
    snapshot = Snapshot(f"{line}\n", Settings(), "-")
    wrapped = applied(snapshot.concrete, Imports(snapshot).wrapped(["x"]))
    assert wrapped.startswith("from p.m import (\n    name_a,\n    name_b,\n")
    assert wrapped.endswith("    name_m,\n)\n")
    assert Imports(snapshot).wrapped([line]) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import click\nfrom .m import a\nimport os\n", "import click\nfrom .m import a\nimport contextlib\nimport os\n"),
        ("import ast\n\nimport click\n", "import ast\nimport contextlib\n\nimport click\n"),
        ("import ast\nimport os\n", "import ast\nimport contextlib\nimport os\n"),
        ("import os\nimport ast\n", "import contextlib\nimport os\nimport ast\n"),
        ("from os import path\n\nimport click\n", "import contextlib\nfrom os import path\n\nimport click\n"),
        ('"""D."""\n\nimport a\n\nfrom .b import c\n', '"""D."""\n\nimport contextlib\n\nimport a\n\nfrom .b import c\n'),
        ("import zope\nfrom b import c\n", "import contextlib\nimport zope\nfrom b import c\n"),
        ("from __future__ import annotations\n\nimport zope\n", "from __future__ import annotations\n\nimport contextlib\nimport zope\n"),
        (
            "from __future__ import annotations\n\nimport zope\n\nfrom .b import c\n",
            "from __future__ import annotations\n\nimport contextlib\n\nimport zope\n\nfrom .b import c\n",
        ),
        ("from __future__ import annotations\n", "from __future__ import annotations\nimport contextlib\n"),
        ("x = 1\n", "import contextlib\nx = 1\n"),
        (
            "import ast\n\nwith contextlib.closing(x):\n    pass\nimport os\n",
            "import ast\nimport contextlib\n\nwith contextlib.closing(x):\n    pass\nimport os\n",
        ),
        ("import zope\nx = contextlib.x\nimport os\n", "import contextlib\nimport zope\nx = contextlib.x\nimport os\n"),
    ],
)
def test_a_module_of_python_comes_beside_the_others(before: str, after: str) -> None:
    assert changed(before, (Need("contextlib", ""),)) == after
