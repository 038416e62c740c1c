"""When naq's managers are recommended: where the project has naq, and not because of any relative import."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.engine import lint
from flake8_naq.project.dependencies import declares_package, needed_clients
from flake8_naq.project.settings import SettingsError, read_settings, settings_from_table

LEAK = "{imports}\n\n\nasync def f(url):\n    nc = await nats.connect(url)\n    await nc.publish('a', b'')\n    await nc.close()\n"


@pytest.mark.parametrize(
    ("pyproject", "declared"),
    [
        ('[project]\nname = "app"\ndependencies = ["naq"]\n', True),
        ('[project]\nname = "app"\ndependencies = ["nats-py", "naq>=1.2"]\n', True),
        ('[project]\nname = "app"\ndependencies = ["naq[server]==1"]\n', True),
        ('[project]\nname = "app"\n[project.optional-dependencies]\nqueue = ["NAQ ~= 1.0"]\n', True),
        ('[tool.poetry.dependencies]\nnaq = "^1.0"\n', True),
        ('[tool.poetry.dependencies]\nnaq = { version = "^1.0", extras = ["cli"] }\n', True),
        ('[project]\nname = "naq"\n', True),
        ('[project]\nname = "app"\ndependencies = ["naq[lint]"]\n', False),
        ('[tool.poetry.dependencies]\nnaq = { version = "^1.0", extras = ["lint"] }\n', False),
        ('[project]\nname = "app"\ndependencies = ["naq-tools", "my.naq", "naqs"]\n', False),
        ('[project]\nname = "app"\n[dependency-groups]\ndev = ["naq"]\n', False),
        ('[project]\nname = "app"\ndescription = "better than naq"\n', False),
        ('[project]\ndependencies = "naq"\n', False),
        ('[project]\ndependencies = ["naq"\n', False),
        ("[tool.flake8-naq]\n", False),
    ],
)
def test_what_declares_naq(tmp_path: Path, pyproject: str, declared: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(pyproject, encoding="utf-8")
    (tmp_path / "src").mkdir()
    assert declares_package(tmp_path / "src") is declared


def test_the_nearest_project_counts(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "naq"\n', encoding="utf-8")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "pyproject.toml").write_text('[project]\nname = "app"\n', encoding="utf-8")
    assert not declares_package(tmp_path / "app")


@pytest.mark.parametrize(
    ("imports", "recommended"),
    [
        ("import nats\nfrom .texts import greeting", False),
        ("import nats\nfrom . import connection", False),
        ("import nats\nfrom .connection import Connection", False),
        ("import nats\nimport naq", True),
        ("import nats\nfrom naq.job import Job", True),
        ("import nats\nfrom .connection import nats_jetstream", True),
    ],
)
def test_which_imports_recommend_naq(imports: str, recommended: bool) -> None:
    (finding,) = lint(LEAK.format(imports=imports))
    assert ("nats_connection(" in finding.message) is recommended


def test_a_declared_dependency_recommends_naq(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "app"\ndependencies = ["naq"]\n', encoding="utf-8")
    (finding,) = lint(LEAK.format(imports="import nats"), settings=read_settings(tmp_path))
    assert "nats_connection(" in finding.message


@pytest.mark.parametrize("wanted", [True, False])
def test_the_setting_decides(tmp_path: Path, wanted: bool) -> None:
    text = (
        f'[project]\nname = "app"\ndependencies = ["naq"]\n[tool.flake8-naq]\nrecommend-naq = {str(wanted).lower()}\n'
    )
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")
    assert read_settings(tmp_path).recommends_package is wanted


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"recommend-naq": "yes"}, "recommend-naq: expected true or false, got 'yes'"),
        ({"inert-bases": "a.B"}, "inert-bases: expected a list of names"),
        ({"inert-bases": ["a b"]}, "inert-bases: expected names like 'package.Class', got 'a b'"),
    ],
)
def test_what_cannot_be_used_is_refused(table: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        settings_from_table(table)


OLDER = "async def f(loop):\n    nc = await nats.connect(loop=loop)\n    await nc.publish('a', 'b')\n    await nc.close()\n"


@pytest.mark.parametrize(
    ("path", "text", "older"),
    [
        ("requirements.txt", "asyncio-nats-client==0.11.5\n", True),
        ("requirements-dev.txt", "Asyncio_NATS_client\n", True),
        ("pyproject.toml", '[project]\ndependencies = ["asyncio-nats-client"]\n', True),
        ("setup.py", "setup(install_requires=['asyncio-nats-client'])\n", True),
        ("web/requirements.txt", "asyncio-nats-client\n", True),
        ("requirements.txt", "nats-py\nasyncio-nats-client-tools2\n", True),
        ("requirements.txt", "asyncio-nats-streaming\n", True),
        ("requirements.txt", "nats-py\nmyasyncio-nats-client\n", False),
        ("web/app/requirements.txt", "asyncio-nats-client\n", False),
        (".venv/requirements.txt", "asyncio-nats-client\n", False),
        ("web/notes.txt", "asyncio-nats-client\n", False),
        ("notes.txt", "asyncio-nats-client\n", False),
    ],
)
def test_what_lists_the_client_before_nats_py_2(tmp_path: Path, path: str, text: str, older: bool) -> None:
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text, encoding="utf-8")
    assert needed_clients(tmp_path)[0] is older
    settings = read_settings(tmp_path)
    source = f"import nats\n\n\n{OLDER}"
    found = [one.message for one in lint(source, str(tmp_path / "app.py"), settings) if one.code == "NAQ304"]
    assert len(found) == (1 if older else 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nats-py[nkeys]>=2.2\n", (False, True)),
        ("nats_py\n", (False, True)),
        ("nats-python\n", (False, False)),
        ("my-nats.py\nasyncio-nats-client\n", (True, True)),
        ("nats\n", (False, False)),
    ],
)
def test_which_clients_a_project_lists(tmp_path: Path, text: str, expected: tuple[bool, bool]) -> None:
    (tmp_path / "requirements.txt").write_text(text, encoding="utf-8")
    assert needed_clients(tmp_path) == expected
    settings = read_settings(tmp_path)
    assert (settings.older_client, settings.newer_client) == expected


def test_a_folder_that_cannot_be_read_lists_nothing(tmp_path: Path) -> None:
    assert needed_clients(tmp_path / "missing") == (False, False)
    (tmp_path / "requirements.txt").mkdir()
    assert needed_clients(tmp_path) == (False, False)
