"""What the engine knows of a file before its functions: the module's name, and which functions are worth a look."""

from __future__ import annotations

import ast
import gc
from pathlib import Path

import pytest

from flake8_naq.engine import lint, lint_facts, module_facts
from flake8_naq.linking.locate import module_name
from flake8_naq.project.codes import off_by_default
from flake8_naq.project.settings import Settings
from flake8_naq.rules import naq304

NAMES = {
    "app.py": ("app", ""),
    "./app.py": ("app", ""),
    "pkg/app.py": ("pkg.app", "pkg"),
    "./pkg/app.py": ("pkg.app", "pkg"),
    "pkg/inner/app.py": ("pkg.inner.app", "pkg.inner"),
    "pkg/inner/__init__.py": ("pkg.inner", "pkg.inner"),
    "pkg/../pkg/app.py": ("pkg.app", "pkg"),
    "plain/app.py": ("app", ""),
    "-": ("", ""),
}


@pytest.mark.parametrize("path", NAMES)
@pytest.mark.parametrize("around", [False, True], ids=["", "in a package"])
def test_the_module_of_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, around: bool) -> None:
    for folder in ("pkg/inner", "plain"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("pkg", "pkg/inner", *(["."] if around else [])):
        (tmp_path / folder / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    assert module_name(path) == NAMES[path]


def test_an_absolute_path_is_followed_as_far_as_there_are_packages(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").touch()
    assert module_name(str(tmp_path / "pkg" / "app.py")) == ("pkg.app", "pkg")


@pytest.mark.parametrize(
    ("package", "module", "found"), [("shop", ".connection", []), ("naq/queue", "..connection", ["NAQ301"])]
)
def test_a_package_imports_from_a_module_of_its_own(tmp_path: Path, package: str, module: str, found: list[str]) -> None:
    """What a relative import in an `__init__.py` means: the by-hand functions are those of naq's `connection` alone."""
    (tmp_path / package).mkdir(parents=True)
    for folder in (package, package.partition("/")[0]):
        (tmp_path / folder / "__init__.py").touch()
    source = f"from {module} import get_nats_connection\n"
    assert [one.code for one in lint(source, str(tmp_path / package / "__init__.py"))] == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('    """Ask.\n\n    nc = await nats.connect()\n    """\n', 0),
        ('    """Ask."""; nc = await nats.connect()\n', 1),
        ('    """Ask.\n\n    await nats.connect()\n    """\n    nc = await nats.connect()\n', 1),
        ('    """nats.connect()"""\n\n    async def inner():\n        nc = await nats.connect()\n', 1),
    ],
    ids=["an example in the documentation", "on the same line", "and a call", "in a function in it"],
)
def test_documentation_calls_nothing(body: str, found: int) -> None:
    source = f"import nats\n\n\nasync def ask():\n{body}"
    facts = module_facts(ast.parse(source), source.splitlines(), "-")
    assert len(facts.functions) == (found if "inner" not in body else 2)
    assert len(lint_facts(facts)) == found


def test_a_file_that_was_looked_at_leaves_nothing_for_the_collector() -> None:
    """In flake8's process, a circle that is left behind keeps the file's whole tree, and is looked at again and again."""
    sources = [path.read_text("utf-8") for path in (Path(__file__).parent / "rules").rglob("*.py")]
    settings = Settings(select=off_by_default())

    def left_behind() -> int:
        gc.collect()
        gc.disable()
        try:
            assert sum(len(lint(source, settings=settings)) for source in sources)
            return gc.collect()
        finally:
            gc.enable()

    left_behind()  # what is imported and compiled on the first use
    assert left_behind() == 0


IMPORT = "from naq.connection import get_nats_connection\n"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("src/naq/connection/__init__.py", 0),
        ("src/naq/connection/byhand.py", 0),
        ("src/naq/connections.py", 1),
        ("src/naq/worker.py", 1),
        ("src/app/connection/byhand.py", 1),
    ],
)
def test_the_package_that_defines_the_by_hand_functions_may_import_them(tmp_path: Path, path: str, found: int) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    for folder in file.relative_to(tmp_path / "src").parents[:-1]:
        (tmp_path / "src" / folder / "__init__.py").touch()
    assert len(lint(IMPORT, path=str(file))) == found


@pytest.mark.parametrize(
    ("more", "looked_at"),
    [
        ("", {"opens"}),
        ("def typed(nc: nats.NATS): pass\n", {"opens", "typed"}),
        ("def keeps(self): self.nc = nats.NATS()\n", {"opens", "plain", "keeps"}),
    ],
)
def test_naq304_looks_at_the_calls_of_functions_that_may_know_a_kind(
    monkeypatch: pytest.MonkeyPatch, more: str, looked_at: set[str]
) -> None:
    seen: set[str] = set()
    monkeypatch.setattr(naq304, "nested_calls", lambda scope: (seen.add(scope.qualname), iter(()))[1])
    opens = "import nats\n\n\nasync def opens():\n    return await nats.connect('u')\n"
    lint(f"{opens}\n\ndef plain(text):\n    return text.strip()\n\n\n{more}")
    assert seen == looked_at
