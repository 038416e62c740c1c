"""Which releases of other modules reach into an object of a module."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flake8_naq.facts.other_modules import ReachedAttribute
from flake8_naq.linking import reaching_releases
from flake8_naq.linking.module_texts import ModuleTexts
from flake8_naq.linking.reaching_releases import ReachingReleases
from flake8_naq.project.settings import Settings

NC_OF_BUS = ReachedAttribute("nc", "MyBus", frozenset({"close", "drain"}))


def project(folder: Path, **sources: str) -> str:
    (folder / "pyproject.toml").write_text("")
    for name, source in {"bus": "", **sources}.items():
        (folder / f"{name}.py").write_text(source)
    return str(folder / "bus.py")


def releases(path: str, asked: ReachedAttribute = NC_OF_BUS) -> bool:
    return ReachingReleases(ModuleTexts(Settings())).are_elsewhere(path, asked)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("await bus.nc.close()", True),
        ("await x.bus.nc . drain()", True),
        ("stack.push_async_callback(bus.nc.close)", True),
        ("await bus.nc.inner.close()", True),
        ("nc = bus.nc\nawait nc.close()", True),
        ("if nc := bus.nc:\n    await nc.close()", True),
        ("for nc in bus.nc.values():\n    await nc.close()", True),
        ("for nc in bus.nc:\r\n    await nc.close()", True),
        ("nc = other\nnc = bus.nc or None\nawait nc.close()", True),
        ("nc = bus.nc if bus else None\nawait nc.close()", True),
        ("nc = bus.nc for bus in buses\nawait nc.close()", False),
        ("getattr(bus, 'nc').close()", True),
        ('getattr( the.bus, "nc", None ).close()', True),
        ("nc = getattr(bus, 'nc', None)\nif nc: nc.close()", True),
        ("nc = getattr(bus, 'nc', None) if bus else None\nif nc: nc.close()", True),
        ("nc = getattr(bus, nc, None)\nif nc: nc.close()", False),
        ("nc = getattr(bus, 'nc2', None)\nif nc: nc.close()", False),
        ("nc = getattr(other, 'nc', None)\nif nc: nc.close()", False),
        ("nc = my_getattr(bus, 'nc')\nif nc: nc.close()", False),
        ("nc = hasattr(bus, 'nc')\nif nc: nc.close()", False),
        ("await bus.nc.flush()", False),
        ("await bus.nc2.close()", False),
        ("await bus.nc.close2()", False),
        ("await nc.close()", False),
        ("def f():\n    nc = bus.nc\n    def g():\n        nc.close()", True),
        ("def f():\n    nc = bus.nc\n    nc.flush()\n\ndef g(nc):\n    nc.close()", False),
        ("def f():\n    nc = bus.nc\n    nc.flush()\n\nasync def g(nc):\n    nc.close()", False),
        ("await nc.close()\nnc = bus.nc", False),
        ("first_nc = bus.nc\nawait nc.close()", False),
        ("x.nc = bus.nc\nawait nc.close()", False),
        ("nc = bus.nc.stats()\nawait nc.close()", False),
        ("await bus.nc.stats().close()", False),
        ("await bus.nc().close()", True),
        ("await bus.get().nc.close()", False),
        ("await get().my_bus.nc.close()", True),
        ("nc = await bus.nc()\nawait nc.close()", True),
        ("await self.nc.close()", False),
        ("class A(MyBus):\n    async def end(self):\n        await self.nc.close()", True),
        ("class A(b.Base, bus.MyBus):\n    async def end(self):\n        await self.nc.close()", True),
        ("class A(MyBus2):\n    async def end(self):\n        await self.nc.close()", False),
        ("await my_bus.nc.close()", True),
        ("await the_my_bus.nc.close()", True),
        ("await other.nc.close()", False),
        ("await get().nc.close()", False),
        ("class A:\n    def f(self):\n        self.x = self._bus.nc\n    def g(self):\n        self.x.close()", True),
        ("class A:\n    def g(self):\n        self.x.close()\n    def f(self):\n        self.x = self._bus.nc or None", True),
        ("class A:\n    def f(self):\n        self.x = self._bus.nc\n    def g(self):\n        self.y.close()", False),
        ("class A:\n    def f(self):\n        self.x = self._bus.nc\n    def g(self):\n        x.close()", False),
        ("class A:\n    def f(self):\n        self.x.y = self._bus.nc\n    def g(self):\n        self.x.y.close()", True),
        ("class A:\n    def f(self):\n        self_x = self._bus.nc\n    def g(self):\n        self.x.close()", False),
        ("class A:\n    def f(self):\n        self.x.y = self._bus.nc\n    def g(self):\n        self.x.close()", False),
        ("class A:\n    def f(self):\n        other.x = self._bus.nc\n    def g(self):\n        other.x.close()", False),
        ("class A:\n    def f(self):\n        self.x = self._bus.nc.stats()\n    def g(self):\n        self.x.close()", False),
        ("import bus\nawait other.nc.close()", True),
        ("def f():\n    from bus import MyBus\nawait get()[0].nc.close()", True),
        ("import nc\nimport bus\nx = bus.nc()\nx.close()", False),
        ("import a.b, my.bus as bus\nawait bus.nc.close()", False),
        ("def f():\n    import bus.inner\n    await bus.nc.close()", False),
        ("import bus\nawait bus.bus.nc.close()", True),
        ("import a as b  # bus\nawait bus.nc.close()", True),
        ("from a import bus\nawait bus.nc.close()", True),
        ("\xb5.close()\nbus.\xb5.close()", False),
    ],
)
def test_a_text(tmp_path: Path, text: str, found: bool) -> None:
    assert releases(project(tmp_path, user=text)) is found


def test_two_modules_that_a_third_imports_are_of_one_program(tmp_path: Path) -> None:
    user = "await x.nc.close()"
    assert not releases(project(tmp_path, user=user))
    assert releases(project(tmp_path, user=user, first="import user, second", second="import bus"))


def test_the_file_itself_does_not_count(tmp_path: Path) -> None:
    assert not releases(project(tmp_path, bus="await bus.nc.close()"))


@pytest.mark.parametrize("name", ["test_user", "user_test", "conftest", "tests/user", "test/user"])
def test_a_test_says_something_about_tests_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "test").mkdir()
    path = project(tmp_path, **{name: "await bus.nc.close()", "tests/made": ""})
    assert not releases(path)
    assert releases(str(tmp_path / "tests" / "made.py"))


def test_tests_are_read_for_tests_alone(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    path = project(tmp_path, **{"tests/made": "", "tests/user": ""})
    texts = ModuleTexts(Settings())
    read = list[str]()
    texts.read = lambda path: read.append(os.path.basename(path))  # type: ignore[method-assign]
    found = ReachingReleases(texts)
    found.are_elsewhere(path, NC_OF_BUS)
    assert read == ["bus.py"]
    found.are_elsewhere(str(tmp_path / "tests" / "made.py"), NC_OF_BUS)
    assert read == ["bus.py", "made.py", "user.py"]


def test_methods_are_looked_for_when_they_are_asked_for(tmp_path: Path) -> None:
    path = project(tmp_path, user="bus.nc.close()\nbus.nc.hang_up()")
    found = ReachingReleases(ModuleTexts(Settings()))
    for method, answer in (("close", True), ("hang_up", True), ("ring", False), ("close", True)):
        assert found.are_elsewhere(path, NC_OF_BUS._replace(releases=frozenset({method}))) is answer


def test_a_change_on_the_disk_is_seen(tmp_path: Path) -> None:
    path = project(tmp_path, user="await bus.nc.close()")
    texts = ModuleTexts(Settings())
    assert ReachingReleases(texts).are_elsewhere(path, NC_OF_BUS)
    assert texts.are_current()
    (tmp_path / "user.py").write_text("await bus.nc.flush()")
    os.utime(tmp_path / "user.py", (0, 0))
    assert not texts.are_current()


def test_of_a_large_project_the_nearest_modules_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    path = project(tmp_path, **{"inner/user": "await bus.nc.close()"})
    assert releases(path)
    monkeypatch.setattr(reaching_releases, "_MOST", 1)
    assert not releases(path)


def test_an_installed_package_is_a_project_for_itself(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "site-packages"
    for name, text in (("one", ""), ("two", "await bus.nc.close()")):
        (packages / name).mkdir(parents=True)
        (packages / name / "__init__.py").write_text("")
        (packages / name / "bus.py").write_text("")
        (packages / name / "user.py").write_text(text)
    assert not releases(str(packages / "one" / "bus.py"))
    assert releases(str(packages / "two" / "bus.py"))
