"""The rule which functions a worker may run, without a server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from naq import task
from naq.allowed import Allowed, is_own
from naq.config import WorkerConfig
from naq.errors import ConfigError, InvalidJob, NotAllowed
from naq.functions import import_tasks
from naq_support import jobs, tasks

OWN = (".",)
NOTHING_MORE: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("modules", "path"),
    [
        (NOTHING_MORE, "naq_support.tasks:double"),
        (NOTHING_MORE, "naq_support.tasks:double_later"),
        (NOTHING_MORE, "naq_support.tasks:Shop.sell"),
        (("naq_support.tasks",), "naq_support.tasks:unmarked"),
        (("naq_support",), "naq_support.tasks:unmarked"),
        (("naq_support",), "naq_support.tasks:Shop.close"),
        (("naq_support",), "naq_support.tasks:join"),
        (("naq_support",), "naq_support.jobs:Greeter"),
        (("other", "naq_support.jobs"), "naq_support.jobs:add"),
        (OWN, "naq_support.jobs:add"),
        (OWN, "naq_support.jobs:Greeter.greet"),
        (OWN, "naq_support.tasks:double"),
        ((".", "json"), "json:dumps"),
        (("*",), "os:system"),
        (("*",), "naq_support.tasks:os.system"),
        (("os", "posix", "nt"), "os:system"),
    ],
)
def test_allowed(modules: tuple[str, ...], path: str) -> None:
    found: object = sys.modules[path.partition(":")[0]]
    for part in path.partition(":")[2].split("."):
        found = getattr(found, part)
    assert Allowed(modules).resolve(path) == found


@pytest.mark.parametrize(
    ("modules", "path", "why"),
    [
        (NOTHING_MORE, "naq_support.jobs:add", "add 'naq_support.jobs' to worker.modules"),
        (NOTHING_MORE, "naq_support.tasks:unmarked", "register it with @task"),
        (NOTHING_MORE, "naq_support.tasks:Shop.close", "register it with @task"),
        (("naq_support.task",), "naq_support.tasks:unmarked", "naq_support.tasks is none of them"),
        (("naq_support.tasks.deeper",), "naq_support.tasks:unmarked", "none of them"),
        (("naq_support",), "naq_support.tasks:system", f"comes from {'nt' if sys.platform == 'win32' else 'posix'}"),
        (("naq_support",), "naq_support.tasks:os.system", "comes from"),
        (("naq_support",), "naq_support.tasks:getoutput", "comes from subprocess"),
        (("naq_support",), "naq_support.tasks:os.path.join", "comes from"),
        (("naq_support",), "naq_support.tasks:double.__globals__.get", "not allowed"),
        (("naq_support",), "naq_support.tasks:Shop.__subclasses__", "not allowed"),
        (("naq_support",), "naq_support.tasks:join.func", "not allowed"),
        (("naq_support",), "naq_support.tasks:task", "comes from naq.tasks"),
        (OWN, "os:system", "'os' to worker.modules"),
        (OWN, "subprocess:getoutput", "the application's own code"),
        (OWN, "builtins:eval", "not allowed"),
        (OWN, "nt:system", "not allowed") if sys.platform == "win32" else (OWN, "posix:system", "not allowed"),
        (OWN, "pytest:main", "'pytest' to worker.modules"),
        (OWN, "nats:connect", "not allowed"),
        (OWN, "__main__:main", "not allowed"),
        (OWN, "naq.server:NatsServer", "not allowed"),
        (OWN, "naq_support.tasks:os.system", "comes from"),
        (OWN, "naq_support.tasks:unmarked", "registers its tasks with @task"),
        (OWN, "naq_support.tasks:Shop.close", "registers its tasks with @task"),
        (OWN, "naq_support.aio:_clean", "private"),
    ],
)
def test_not_allowed(modules: tuple[str, ...], path: str, why: str) -> None:
    with pytest.raises(NotAllowed, match="NAQ_WORKER__MODULES") as caught:
        Allowed(modules).resolve(path)
    assert why in str(caught.value)
    assert path in str(caught.value)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of modules that nothing has imported yet."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("naq_trial"):
            del sys.modules[name]


def test_nothing_is_imported_for_a_name_that_is_not_allowed(project: Path) -> None:
    (project / "naq_trial_a.py").write_text("raise SystemExit('imported')\n")
    with pytest.raises(NotAllowed):
        Allowed(["naq_trial"]).resolve("naq_trial_a:main")
    assert "naq_trial_a" not in sys.modules


def test_a_packages_program_is_not_run_by_importing_it(project: Path) -> None:
    (project / "naq_trial_i").mkdir()
    (project / "naq_trial_i" / "__init__.py").touch()
    (project / "naq_trial_i" / "__main__.py").write_text("raise SystemExit('run')\n")
    with pytest.raises(NotAllowed):
        Allowed(OWN).resolve("naq_trial_i.__main__:main")
    assert "naq_trial_i.__main__" not in sys.modules


@pytest.mark.parametrize("folder", ["lib/python3/site-packages", "usr/lib/python3/dist-packages"])
def test_installed_packages_are_not_own_code(project: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    installed = project / folder
    (installed / "naq_trial_b").mkdir(parents=True)
    (installed / "naq_trial_b" / "__init__.py").touch()
    (installed / "naq_trial_c").mkdir()
    (project / "naq_trial_d").mkdir()
    monkeypatch.syspath_prepend(str(installed))
    monkeypatch.syspath_prepend(str(project))
    assert not is_own("naq_trial_b.tasks")
    assert not is_own("naq_trial_c.tasks"), "a namespace package"
    assert is_own("naq_trial_d.tasks"), "a namespace package of the application"
    assert is_own(jobs.__name__)


def test_pythons_own_modules_are_known_by_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded Python has the standard library in an archive, outside the folders of `sysconfig`."""
    monkeypatch.setattr("naq.allowed._python_folders", lambda: ())
    assert not is_own("json")


@pytest.mark.parametrize("modules", [NOTHING_MORE, OWN, ("naq_trial_e",)])
def test_a_module_or_task_that_is_not_there_is_an_import_error(project: Path, modules: tuple[str, ...]) -> None:
    """During a rolling deploy another worker may have the function: the job must be given back, not refused."""
    (project / "naq_trial_e.py").write_text("from naq import task\n@task\ndef old(): ...\n")
    import_tasks(["naq_trial_e"])
    for path in ("naq_trial_f:new", "naq_trial_e.sub:new"):
        with pytest.raises(ModuleNotFoundError):
            Allowed(modules).resolve(path)
    with pytest.raises(AttributeError):
        Allowed(modules).resolve("naq_trial_e:new")


def test_a_registered_function_is_allowed_under_the_name_of_a_module_that_imports_it(project: Path) -> None:
    (project / "naq_trial_g.py").write_text("from naq_support.tasks import double, unmarked\n")
    assert Allowed(["naq_trial_g"]).resolve("naq_trial_g:double") is tasks.double
    with pytest.raises(NotAllowed):
        Allowed(["naq_trial_g"]).resolve("naq_trial_g:unmarked")


def test_what_cannot_be_imported_by_name_cannot_be_a_task() -> None:
    def inner() -> None: ...

    for function in (inner, lambda: None):
        with pytest.raises(InvalidJob, match="module level"):
            task(function)
    with pytest.raises(InvalidJob, match="no name"):
        task(tasks.join)


def test_a_module_that_cannot_be_imported_at_the_start_is_named(project: Path) -> None:
    (project / "naq_trial_h.py").write_text("1 / 0\n")
    with pytest.raises(ConfigError, match=r"worker.imports: naq_trial_h cannot be imported: ZeroDivisionError"):
        import_tasks(["naq_trial_h"])


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({}, (".",)),
        ({"imports": ["shop"]}, ()),
        ({"modules": []}, ()),
        ({"modules": "shop, mail.tasks"}, ("shop", "mail.tasks")),
        ({"modules": ["*"], "imports": ["shop"]}, ("*",)),
    ],
)
def test_the_setting(given: dict[str, object], allowed: tuple[str, ...]) -> None:
    assert WorkerConfig(**given).allowed == allowed


@pytest.mark.parametrize(
    "given", [{"modules": ["shop.*"]}, {"imports": ["."]}, {"modules": ["a b"]}, {"modules": [""]}]
)
def test_a_setting_that_is_no_module_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="expected the name of a module"):
        WorkerConfig(**given)
