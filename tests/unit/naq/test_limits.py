"""Limits as they are written: in settings and beside a function."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from naq import task
from naq.config import Config, LimitsConfig
from naq.errors import ConfigError, InvalidJob
from naq.limits import Limit, Limited, Limits, limit_of
from naq.option_values import Rate, parse_rate
from naq.queue.limit_store import key_of, name_of
from naq.tasks import LIMITED_TASKS


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("10/s", Rate(10, 1)),
        ("100 / min", Rate(100, 60)),
        ("5/10s", Rate(5, 10)),
        ("1/2h", Rate(1, 7200)),
        ("9/d", Rate(9, 86400)),
    ],
)
def test_a_rate_is_a_number_per_time(text: str, rate: Rate) -> None:
    assert parse_rate(text) == rate
    assert parse_rate(str(rate)) == rate


WRONG_RATES = [
    "",
    "0/s",
    "1/0s",
    "-1/s",
    "1.5/s",
    "100",
    "100/m",
    "100/week",
    "1/32d",
    "99999999/s",
    "ten/s",
    "1/s/s",
    None,
    3,
]


@pytest.mark.parametrize("rate", [rate for rate in WRONG_RATES if rate is not None])
def test_a_wrong_rate_beside_a_function_is_refused(rate: object) -> None:
    with pytest.raises(InvalidJob, match=r"@task: rate is a text such as '10/s', '100/min'.*, not"):
        task(rate=rate)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [0, -1, 10_001, 1.5, True, "3"])
def test_a_wrong_limit_beside_a_function_is_refused(limit: object) -> None:
    with pytest.raises(InvalidJob, match="@task: limit is a whole number of jobs at once from 1 to 10000, not"):
        task(limit=limit)  # type: ignore[arg-type]
    with pytest.raises(InvalidJob, match="limit is a whole number"):
        limit_of({"limit": limit})


@pytest.mark.parametrize(
    "entry", ["mail=0", "mail=-1", "mail", "=3", "mail=10001", "mail=3/x", "a b=3", "mail=", "a.b=3"]
)
def test_a_wrong_limit_in_the_settings_is_refused(entry: str) -> None:
    with pytest.raises(ConfigError, match=r"^queues.0: expected NAME=LIMIT, with a limit from 1 to 10000 jobs at once"):
        LimitsConfig(queues=[entry])


@pytest.fixture
def forgotten_limits() -> Iterator[None]:
    """Forget the limits that a test registers: each later worker of the process would look for their stream."""
    yield
    LIMITED_TASKS.clear()


def limited_function() -> None:
    """For the test below."""


@pytest.mark.usefixtures("forgotten_limits")
def test_the_limits_of_a_job_are_those_of_its_queue_and_function() -> None:
    task(limit=5, rate="10/s")(limited_function)
    path = f"{__name__}:limited_function"
    config = Config(limits=LimitsConfig(queues="mail=3, mail=100/min", functions=[f"{path} = 2"]))
    limits = Limits(config)
    assert limits
    assert limits.of("images", "a:b") == []
    assert limits.of("mail", path) == [
        Limited("queue", "mail", Limit(3, Rate(100, 60))),
        Limited("function", path, Limit(2, Rate(10, 1))),
    ]


@pytest.mark.parametrize(
    "limited",
    [
        Limited("queue", "A-b_1", Limit()),
        Limited("function", "shop.tasks:Class.method_ä", Limit()),
        Limited("function", "ü:x", Limit()),
    ],
)
def test_each_name_has_its_own_key(limited: Limited) -> None:
    key = key_of(limited)
    assert name_of(key) == (limited.kind, limited.name)
    assert key.isascii()
    assert set(key) & set(" *>:") == set()
