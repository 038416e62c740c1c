"""Digests of modules: they change with all that a result of the module may depend on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flake8_naq.linking.module_digests import ModuleDigests
from flake8_naq.linking.module_texts import ModuleTexts
from flake8_naq.project.settings import Settings

CLIENTS = "from helpers import make\n"
HELPERS = "def make():\n    pass\n"
USER = b"from clients import make\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "clients.py").write_text(CLIENTS)
    (tmp_path / "helpers.py").write_text(HELPERS)
    (tmp_path / "other.py").write_text("")
    return tmp_path


def of_clients(folder: Path) -> str:
    return ModuleDigests(ModuleTexts(Settings())).of(str(folder / "clients.py"))


def edit_text(folder: Path) -> None:
    (folder / "clients.py").write_text(CLIENTS + "x = 1\n")


def edit_import(folder: Path) -> None:
    (folder / "helpers.py").write_text("")


def move_import(folder: Path) -> None:
    (folder / "helpers.py").unlink()
    (folder / "helpers").mkdir()
    (folder / "helpers" / "__init__.py").write_text(HELPERS)


def edit_other(folder: Path) -> None:
    (folder / "other.py").write_text("x = 1\n")


@pytest.mark.parametrize(
    ("edit", "same"), [(edit_text, False), (edit_import, True), (move_import, False), (edit_other, True)]
)
def test_a_digest_names_the_text_and_which_modules_the_imports_mean(
    project: Path, edit: Callable[[Path], None], same: bool
) -> None:
    before = of_clients(project)
    edit(project)
    assert (of_clients(project) == before) is same


def test_a_module_that_cannot_be_read_has_the_empty_digest(tmp_path: Path) -> None:
    assert of_clients(tmp_path) == ""


def test_a_file_needs_the_modules_that_were_read_for_it(project: Path) -> None:
    texts = ModuleTexts(Settings())
    digests, user = ModuleDigests(texts), str(project / "user.py")
    assert digests.needed_for(USER, user) == {}
    clients, helpers = (str(project / f"{name}.py") for name in ("clients", "helpers"))
    texts.text(clients)
    assert digests.needed_for(USER, user).keys() == {clients}
    texts.text(helpers)
    assert digests.needed_for(USER, user) == {clients: digests.of(clients), helpers: digests.of(helpers)}


def test_digests_of_an_earlier_run_are_valid_until_a_module_changes(project: Path) -> None:
    clients = str(project / "clients.py")
    kept = {clients: of_clients(project)}
    assert ModuleDigests(ModuleTexts(Settings())).are_valid(kept)
    edit_text(project)
    assert not ModuleDigests(ModuleTexts(Settings())).are_valid(kept)


def test_a_file_needs_the_words_of_a_module_that_they_ruled_out(project: Path) -> None:
    user, clients = str(project / "user.py"), str(project / "clients.py")

    def digests(words: bytes, cold: bool = True) -> ModuleDigests:
        texts = ModuleTexts(Settings())
        texts.behind_imports = {clients: words}
        texts.cold = {clients} if cold else set()
        assert not texts.may_bind(clients, "other")
        return ModuleDigests(texts)

    needed = digests(b"make").needed_for(USER, user)
    assert digests(b"make").are_valid(needed)
    assert not digests(b"more").are_valid(needed)
    assert not ModuleDigests(ModuleTexts(Settings())).are_valid(needed)
    edit_text(project)
    assert digests(b"make").are_valid(needed)
    needed = digests(b"make", cold=False).needed_for(USER, user)  # it was found to give something since
    assert needed == {clients: of_clients(project)}


def test_a_module_that_gives_nothing_is_named_without_a_look_at_its_text(project: Path) -> None:
    clients = str(project / "clients.py")
    texts = ModuleTexts(Settings())
    texts.cold = {clients}
    assert ModuleDigests(texts).of(clients) == "cold"
    assert ModuleDigests(texts).are_valid({clients: "cold"})
    assert not ModuleDigests(ModuleTexts(Settings())).are_valid({clients: "cold"})
