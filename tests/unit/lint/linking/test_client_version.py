"""Which files are written for the client before nats-py 2.0."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.catalogue.loader import load_catalogue
from flake8_naq.fixer.fix import fix_source
from flake8_naq.linking.client_version import ListedClients, needs_older_client
from flake8_naq.linking.locate import Stamp, stamp
from flake8_naq.linking.module_digests import ModuleDigests
from flake8_naq.linking.module_texts import ModuleTexts
from flake8_naq.project.settings import Settings

LOOP = "from nats.aio.client import Client\nnc = Client()\nawait nc.connect(servers(1), loop=loop)\n"


@pytest.mark.parametrize(
    ("text", "older"),
    [
        (LOOP, True),
        (LOOP.replace("loop=", "io_loop="), True),
        (LOOP.replace("loop=loop", "loop == loop"), False),
        (LOOP.replace("nc.connect", "nc.other"), False),
        (LOOP.replace("loop=loop", "**{'io_loop': loop}"), True),
        (LOOP.replace("loop=loop", "**{'the_loop': loop}"), False),
        (LOOP.replace("loop=loop)", "1); other(loop=loop)"), False),
        (f"from nats import connect\n{LOOP}", False),
        (f"from nats import errors, connect\n{LOOP}", False),
        (f"{LOOP}js = nc.jetstream()\n", False),
        ("import nats\nfrom stan.aio.client import Client\n", True),
        ("import nats\nimport standard\n", False),
        ("import stan\n", False),
    ],
)
def test_a_file_asks_for_the_older_client(text: str, older: bool) -> None:
    catalogue = load_catalogue((), (), frozenset())
    assert needs_older_client(text.encode(), Settings(), catalogue) is older


@pytest.mark.parametrize("text", [LOOP, "import nats\n"])
def test_what_the_project_lists_comes_first(text: str) -> None:
    catalogue = load_catalogue((), (), frozenset())
    assert needs_older_client(text.encode(), Settings(older_client=True), catalogue)
    assert not needs_older_client(text.encode(), Settings(newer_client=True), catalogue)


# The lists near a file

USES = b"import nats\n"
LEAK = """\
from nats.aio.client import Client as NATS


async def send(url):
    nc = NATS()
    await nc.connect(url)
    await nc.publish("a", b"")
    await nc.close()
"""


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
    (tmp_path / ".git").touch()
    for name, text in lists.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    stamps = dict[str, Stamp]()
    clients, path = ListedClients(stamps), str(tmp_path / "web" / "app" / "main.py")
    assert clients.of(USES, path) == expected
    assert clients.of(b"import redis\n", path) is None
    assert clients.of(USES, "-") is None
    older, newer = expected or (False, True)
    settings = clients.under(Settings(newer_client=True), USES, path)
    assert (settings.older_client, settings.newer_client) == (older, newer)
    assert stamps == {one: stamp(one) for one in stamps}


def test_no_block_enters_the_client_that_a_list_beside_the_file_names(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("nats-py", encoding="utf-8")
    (tmp_path / "tool").mkdir()
    assert "async with nc:" in fix_source(LEAK, path=str(tmp_path / "tool" / "main.py")).source
    (tmp_path / "tool" / "requirements.txt").write_text("asyncio-nats-client", encoding="utf-8")
    assert "async with nc:" not in fix_source(LEAK, path=str(tmp_path / "tool" / "main.py"), unsafe=True).source


def test_what_is_kept_of_a_file_depends_on_the_lists_near_it(tmp_path: Path) -> None:
    def digest(source: bytes) -> str:
        return ModuleDigests(ModuleTexts(Settings())).of_text(source, str(tmp_path / "main.py"))

    before, other = digest(USES), digest(b"import redis\n")
    (tmp_path / "requirements.txt").write_text("asyncio-nats-client", encoding="utf-8")
    assert (digest(USES) == before, digest(b"import redis\n") == other) == (False, True)


def test_an_editor_reads_a_list_again_that_has_changed(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("asyncio-nats-client", encoding="utf-8")
    texts = ModuleTexts(Settings())
    assert texts.clients.of(USES, str(tmp_path / "main.py")) == (True, False)
    assert texts.are_current()
    (tmp_path / "requirements.txt").write_text("nats-py", encoding="utf-8")
    assert not texts.are_current()
