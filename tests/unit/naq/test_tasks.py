"""`@task`: what it registers, which options it accepts, and how they meet those of a queue."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import naq.tasks as registry
from naq import Config, Queue, task
from naq.allowed import Allowed
from naq.errors import InvalidJob, NotAllowed
from naq.job import Job, JobOptions, job_options, with_task_options
from naq.retry import Backoff

CONFIG = Config()


@pytest.fixture(autouse=True)
def _registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks of a test are gone after it."""
    monkeypatch.setattr(registry, "_tasks", dict(registry._tasks))
    monkeypatch.setattr(registry, "_registered", {name: set(known) for name, known in registry._registered.items()})


def ship(number: int) -> int:
    return number


def pack(number: int) -> int:
    return -number


def test_the_function_stays_what_it_is() -> None:
    assert task(max_retries=3)(ship) is ship
    assert task(ship) is ship
    assert task()(ship) is ship
    assert ship(3) == 3


@pytest.mark.parametrize("delay", [2, (1, 10), [1, 10], Backoff(2)])
def test_its_jobs_have_its_options(delay: Any) -> None:
    task(queue="mail", max_retries=3, retry_delay=delay, timeout=5, result_ttl=60)(ship)
    expected = job_options(max_retries=3, retry_delay=delay, timeout=5, result_ttl=60)
    assert Job.create(ship).options == expected == Job.create(f"{__name__}:ship").options
    assert Queue("other", CONFIG).job(ship, 1).options == expected
    assert Job.deserialize(Job.create(ship).serialize()).options == expected


def test_the_options_of_a_queue_win() -> None:
    task(max_retries=3, timeout=5)(ship)
    options = Queue("mail", CONFIG).options(max_retries=0, result_ttl=1).job(ship, 1).options
    assert options == JobOptions(max_retries=0, timeout=5, result_ttl=1)


def test_a_function_without_options_has_those_of_the_queue_alone() -> None:
    task(ship)
    assert Queue("mail", CONFIG).options(max_retries=1).job(ship, 1).options == JobOptions(max_retries=1)
    assert Job.create(ship).options == JobOptions()


def test_a_worker_adds_what_the_producer_did_not_know() -> None:
    enqueued = Job.create(ship, (1,), options=JobOptions(timeout=9))
    task(max_retries=3, timeout=5)(ship)
    assert with_task_options(enqueued).options == JobOptions(max_retries=3, timeout=9)
    assert with_task_options(enqueued).args == (1,)
    other = Job.create(pack)
    assert with_task_options(other) is other


def test_the_queue_of_a_task_counts_where_none_is_named() -> None:
    task(queue="mail")(ship)
    assert Queue(config=CONFIG).job(ship, 1).queue == "mail"
    assert Queue(config=CONFIG).options(max_retries=1).job(ship, 1).queue == "mail"
    assert Queue("default", CONFIG).job(ship, 1).queue == "default"
    assert Queue(config=CONFIG).job(pack, 1).queue == "default"
    assert Queue(config=CONFIG).job(Job.create(pack, queue="images")).queue == "images"
    assert Queue("mail", CONFIG).job(Job.create(pack, queue="images")).queue == "mail"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"max_retries": -1}, "@task: max_retries is a whole number from 0 to 1000000, not -1"),
        ({"max_retries": True}, "max_retries is a whole number"),
        ({"timeout": 0}, "timeout is a number of seconds above 0"),
        ({"timeout": "5"}, "timeout is a number of seconds above 0"),
        ({"result_ttl": -1}, "result_ttl is a number of seconds"),
        ({"retry_delay": -1}, "retry_delay: -1 is not a number of seconds"),
        ({"retry_delay": []}, "retry_delay is seconds, a list of seconds or a Backoff"),
        ({"queue": "a.b"}, "@task: queue name 'a.b'"),
        ({"name": "send-mail"}, "@task: name 'send-mail': write it like an import path"),
        ({"retries": 3}, "there is no option 'retries'"),
    ],
)
def test_a_wrong_option_is_named_where_it_is_written(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidJob) as caught:
        task(**options)
    assert reason in str(caught.value)


def test_a_function_and_its_options_are_not_given_together() -> None:
    with pytest.raises(InvalidJob, match=r"'mail' is not a function; options are given by name"):
        task("mail")  # type: ignore[call-overload]


def test_a_module_of_tasks_with_options_loads_nothing_heavy() -> None:
    program = (
        "import sys\nfrom naq import task\n"
        "@task(queue='mail', name='shop:send', max_retries=3, retry_delay=[1, 2], timeout=5, result_ttl=0)\n"
        "def send(): ...\nprint(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"asyncio", "dataclasses", "inspect", "msgspec", "nats", "pydantic"}.isdisjoint(done.stdout.split())


def test_a_named_task_is_found_by_its_name_and_by_its_path() -> None:
    task(name="shop.mail:send", max_retries=3)(ship)
    assert Job.create(ship).function == "shop.mail:send"
    assert Job.create(f"{__name__}:ship").function == "shop.mail:send"
    for path in ("shop.mail:send", f"{__name__}:ship"):
        assert Allowed(()).resolve(path) is ship
        assert Allowed(("*",)).resolve(path) is ship
    with pytest.raises(NotAllowed):
        Allowed(()).resolve("shop.mail:other")
    assert with_task_options(Job(id="x", function="shop.mail:send")).options.max_retries == 3


def test_the_module_that_had_the_function_leads_to_it(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker imports the old module for a job of the old path, and that imports the new one."""
    (tmp_path / "naq_moved_old.py").write_text("import naq_moved_new\n")
    (tmp_path / "naq_moved_new.py").write_text(
        "from naq import task\n@task(name='naq_moved_old:send')\ndef send(): return 'moved'\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert Allowed((".",)).resolve("naq_moved_old:send")() == "moved"
    with pytest.raises(AttributeError):
        Allowed((".",)).resolve("naq_moved_old:sent")


def test_two_functions_never_have_one_name() -> None:
    task(name="shop:send")(ship)
    task(name="shop:send")(ship)
    for options in ({"name": "shop:send"}, {"name": f"{__name__}:ship"}):
        with pytest.raises(InvalidJob, match="each task needs its own"):
            task(**options)(pack)
