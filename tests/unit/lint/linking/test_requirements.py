"""What the lists of requirements near a file say, and what follows for its fixes."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.engine import lint
from flake8_naq.fixer.fix import fix_source
from flake8_naq.linking.locate import Stamp, stamp
from flake8_naq.linking.module_digests import ModuleDigests
from flake8_naq.linking.module_texts import ModuleTexts
from flake8_naq.linking.requirements import Requirements, Version, version_of
from flake8_naq.project.settings import Settings

LEAK = """\
from nats.aio.client import Client as NATS


async def send(url):
    nc = NATS()
    await nc.connect(url)
    await nc.publish("a", b"")
    await nc.close()
"""
SOCKET = """\
import socket


def send(address):
    sock = socket.create_connection(address)
    sock.sendall(b"1")
    sock.close()
"""
PAIR = """\
import socket


def serve(server: socket.socket):
    connection, address = server.accept()
    connection.sendall(b"1")
    connection.close()
"""
CONSUMER = """\
from aiokafka import AIOKafkaConsumer


async def read(topic, handle):
    consumer = AIOKafkaConsumer(topic)
    await consumer.start()
    handle(await consumer.getone())
    await consumer.stop()
"""


def write(folder: Path, lists: dict[str, str]) -> None:
    for name, text in lists.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        ({}, None),
        ({"requirements.txt": "redis"}, None),
        ({"web/app/requirements.txt": "asyncio-nats-client"}, (True, False)),
        ({"web/requirements.txt": "asyncio-nats-client"}, (True, False)),
        ({"setup.py": "install_requires=['asyncio-nats-client']"}, (True, False)),
        ({"requirements.txt": "nats-py", "web/app/requirements.txt": "asyncio-nats-client"}, (True, False)),
        ({"requirements.txt": "asyncio-nats-client", "web/pyproject.toml": "nats-py"}, (False, True)),
        ({"requirements.txt": "asyncio-nats-client", "web/requirements.txt": "redis"}, (True, False)),
        ({"requirements.txt": "asyncio-nats-client", "web/.git": ""}, None),
        ({"web/.git": "", "web/requirements.txt": "nats-py"}, (False, True)),
        ({"web/api/requirements.txt": "nats-py", "web/app/sub/requirements.txt": "nats-py"}, None),
    ],
)
def test_the_nearest_list_that_names_a_client_counts(
    tmp_path: Path, lists: dict[str, str], expected: tuple[bool, bool] | None
) -> None:
    write(tmp_path, {".git": "", **lists})
    stamps = dict[str, Stamp]()
    requirements = Requirements(stamps)
    assert requirements.near(str(tmp_path / "web" / "app" / "main.py")).clients == expected
    assert requirements.near("-").clients is None
    assert stamps == {one: stamp(one) for one in stamps}


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("requirements.txt", "aiokafka==0.5.1", "0.5.1"),
        ("requirements.txt", "redis==3.5\nAIOKafka[lz4] >= 0.6, <0.8  # for events", "0.6"),
        ("requirements.txt", "aiokafka~=0.7.0", "0.7"),
        ("requirements.txt", "aiokafka<0.8", None),
        ("requirements.txt", "aiokafka", None),
        ("requirements.txt", "my-aiokafka==0.5.1\naiokafka-tools==0.1", None),
        ("requirements.txt", "aiokafka==0.8\naiokafka==0.7; python_version < '3.8'", "0.7"),
        ("pyproject.toml", 'aiokafka = "^0.5.2"', "0.5.2"),
        ("pyproject.toml", 'aiokafka = { version = "^0.5.2", extras = ["lz4"] }', "0.5.2"),
        ("pyproject.toml", 'dependencies = ["aiokafka>=0.5"]', "0.5"),
        ("setup.py", "install_requires=['aiokafka==0.5.1']", "0.5.1"),
        ("setup.cfg", "install_requires =\n    aiokafka >=0.5.1", "0.5.1"),
    ],
)
def test_the_oldest_version_that_a_list_allows(tmp_path: Path, name: str, text: str, version: str | None) -> None:
    write(tmp_path, {".git": "", name: text})
    near = Requirements({}).near(str(tmp_path / "main.py"))
    assert near.oldest("aiokafka") == (None if version is None else version_of(version))


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("setup.py", "python_requires='>=2.7'", "2.7"),
        ("setup.py", "python_requires='>=3'", None),
        ("setup.cfg", "python_requires = >=3.6", "3.6"),
        ("pyproject.toml", 'requires-python = ">=3.8"', "3.8"),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.7"', "3.7"),
        ("setup.py", "'Programming Language :: Python :: 3.6',\n'Programming Language :: Python :: 2.7'", "2.7"),
        ("setup.py", "'Programming Language :: Python :: 2',\n'Programming Language :: Python :: 3'", "2"),
        ("setup.py", "python_requires='>=3.6'\n'Programming Language :: Python :: 2.7'", "3.6"),
        ("setup.py", "print 'Installing'\nsetup()\n", "2.7"),
        ("setup.py", "python_requires='>=3.6'\nprint 'Installing'\n", "3.6"),
        ("setup.py", "description='for Python 2.7'\n'Programming Language :: Python :: 3'", None),
    ],
)
def test_the_oldest_python_that_a_list_allows(tmp_path: Path, name: str, text: str, version: str | None) -> None:
    write(tmp_path, {".git": "", name: text})
    near = Requirements({}).near(str(tmp_path / "main.py"))
    assert near.oldest("python") == (None if version is None else version_of(version))


def test_the_nearest_list_that_names_a_library_counts(tmp_path: Path) -> None:
    write(tmp_path, {".git": "", "requirements.txt": "a==1.0\nb==1.0", "web/requirements.txt": "b==2.0", "setup.py": "b==0.1"})
    near = Requirements({}).near(str(tmp_path / "web" / "main.py"))
    assert (near.oldest("a"), near.oldest("b")) == ((1,), (2,))


@pytest.mark.parametrize(("number", "version"), [("0.6.0", (0, 6)), ("0.6", (0, 6)), ("2", (2,)), ("10.0.1", (10, 0, 1))])
def test_versions_can_be_compared(number: str, version: Version) -> None:
    assert version_of(number) == version


# What follows for a file


def test_no_block_enters_the_client_that_a_list_beside_the_file_names(tmp_path: Path) -> None:
    write(tmp_path, {".git": "", "requirements.txt": "nats-py", "tool/main.py": ""})
    assert "async with nc:" in fix_source(LEAK, path=str(tmp_path / "tool" / "main.py")).source
    write(tmp_path, {"tool/requirements.txt": "asyncio-nats-client"})
    assert "async with nc:" not in fix_source(LEAK, path=str(tmp_path / "tool" / "main.py"), unsafe=True).source


@pytest.mark.parametrize(
    ("listed", "head", "block"),
    [
        ("", "", "with socket.create_connection(address) as sock:"),
        ("python_requires='>=3.2'", "", "with socket.create_connection(address) as sock:"),
        ("python_requires='>=2.7'", "", "with contextlib.closing(socket.create_connection(address)) as sock:"),
        ("", "from __future__ import print_function\n", "with contextlib.closing(socket.create_connection(address)) as sock:"),
        ("", "#!/usr/bin/env python2\n", "with contextlib.closing(socket.create_connection(address)) as sock:"),
        ("", "text = (basestring,)\n", "with contextlib.closing(socket.create_connection(address)) as sock:"),
        ("", "from __future__ import annotations\n", "with socket.create_connection(address) as sock:"),
    ],
)
def test_a_block_that_python_2_does_not_have(tmp_path: Path, listed: str, head: str, block: str) -> None:
    write(tmp_path, {".git": "", "setup.py": listed})
    result = fix_source(head + SOCKET, path=str(tmp_path / "main.py"))
    assert f"    {block}\n        sock.sendall(b\"1\")\n" in result.source
    assert "sock.close()" not in result.source


def test_nothing_closes_a_pair_as_a_whole_for_python_2(tmp_path: Path) -> None:
    write(tmp_path, {".git": "", "setup.py": "python_requires='>=2.7'"})
    (found,) = lint(PAIR, str(tmp_path / "main.py"))
    assert found.message.endswith("call 'connection.close()' in a 'finally'")


@pytest.mark.parametrize(("listed", "has_block"), [("0.5.1", False), ("0.6", True)])
def test_a_block_that_an_older_library_does_not_have(tmp_path: Path, listed: str, has_block: bool) -> None:
    write(tmp_path, {".git": "", "requirements.txt": f"aiokafka=={listed}"})
    result = fix_source(CONSUMER, path=str(tmp_path / "main.py"))
    assert ("    async with consumer:\n" in result.source) is has_block
    assert ("    finally:\n        await consumer.stop()\n" in result.source) is not has_block


@pytest.mark.parametrize(
    ("listed", "call", "block"),
    [
        ("sqlalchemy==1.3.24", "sqlalchemy.orm.Session", "contextlib.closing(sqlalchemy.orm.Session(path))"),
        ("sqlalchemy>=1.4", "sqlalchemy.orm.Session", "sqlalchemy.orm.Session(path)"),
        ("PyMySQL~=0.10.1", "pymysql.connect", "contextlib.closing(pymysql.connect(path))"),
        ("PyMySQL", "pymysql.connect", "pymysql.connect(path)"),
    ],
)
def test_blocks_of_other_libraries(tmp_path: Path, listed: str, call: str, block: str) -> None:
    write(tmp_path, {".git": "", "requirements.txt": listed})
    module = call.rpartition(".")[0]
    text = f"import {module}\n\n\ndef f(path):\n    found = {call}(path)\n    found.commit()\n    found.close()\n"
    assert f"    with {block} as found:\n" in fix_source(text, path=str(tmp_path / "main.py")).source


def test_what_is_kept_of_a_file_depends_on_the_lists_near_it(tmp_path: Path) -> None:
    def digest() -> str:
        return ModuleDigests(ModuleTexts(Settings())).of_text(b"import nats\n", str(tmp_path / "main.py"))

    write(tmp_path, {".git": "", "setup.py": ""})
    found = [digest()]
    for listed in ("asyncio-nats-client", "nats-py", "nats-py==2.1", "aiokafka==0.5"):
        write(tmp_path, {"setup.py": listed})
        found.append(digest())
    assert len(set(found)) == len(found)
    write(tmp_path, {"setup.py": "# a comment\naiokafka==0.5"})
    assert digest() == found[-1]


def test_an_editor_reads_a_list_again_that_has_changed(tmp_path: Path) -> None:
    write(tmp_path, {".git": "", "requirements.txt": "asyncio-nats-client"})
    texts = ModuleTexts(Settings())
    assert texts.requirements.near(str(tmp_path / "main.py")).clients == (True, False)
    assert texts.are_current()
    write(tmp_path, {"requirements.txt": "nats-py"})
    assert not texts.are_current()
