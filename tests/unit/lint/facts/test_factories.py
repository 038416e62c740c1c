"""Functions of the file that make a resource."""

from __future__ import annotations

import textwrap

import pytest

from lint.dataflow.problems import function, module

USE = "\nasync def f():\n    nc = await made()\n    await nc.flush()\n"


def factory(body: str) -> tuple[str, bool] | None:
    """Return the name that the factory `made` acquires by, and whether it may return None."""
    for one in module(f"import nats\n{textwrap.dedent(body)}{USE}").functions:
        for summary in one.summaries:
            if one.scope.qualname == "f" and summary.origin.factory is not None:
                return summary.origin.factory.acquired_by, summary.origin.factory.may_be_none
    return None


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("async def made():\n    return await nats.connect()", ("nats.connect", False)),
        ("async def made():\n    nc = await nats.connect()\n    return nc", ("nats.connect", False)),
        (
            "async def made():\n    if x():\n        return None\n    return await nats.connect()",
            ("nats.connect", True),
        ),
        (
            "async def inner():\n    return await nats.connect()\nasync def made():\n    return await inner()",
            ("nats.connect", False),
        ),
        ("def made():\n    return nats.connect()", ("nats.connect", False)),
        ("def inner():\n    return nats.connect()\ndef made():\n    return inner()", ("nats.connect", False)),
        ("async def inner():\n    return await nats.connect()\ndef made():\n    return inner()", ("nats.connect", False)),
        ("def made():\n    if x():\n        return keep()\n    return nats.connect()", None),
        ("def made():\n    while True:\n        return nats.connect()", None),
        ("def made():\n    return keep(nats.connect())", None),
        ("async def made():\n    return nats.connect()", None),
        ("async def pair():\n    return (await nats.connect(), 1)\ndef made():\n    return pair()", None),
        ("async def some():\n    return [await nats.connect()]\ndef made():\n    return some()", None),
        ("async def made(nc=None):\n    return nc or await nats.connect()", None),
        ("async def made():\n    nc = await nats.connect()\n    keep(nc)\n    return nc", None),
        ("async def made():\n    nc = await nats.connect()\n    await nc.close()\n    return nc", None),
        ("async def made():\n    yield await nats.connect()", None),
        ("async def made():\n    return (await nats.connect(), 1)", ("nats.connect", False)),
        ("async def made(x):\n    return (await nats.connect(), 1) if x else (1, await nats.connect())", None),
        ("async def made(x):\n    if x:\n        return (await nats.connect(), 1)\n    return (1, await nats.connect())", None),
        ("async def some():\n    return [await nats.connect()]\nasync def made():\n    return [await some()]", None),
        (
            "async def some():\n    return [await nats.connect()]\n"
            "async def made(y):\n    x = await nats.connect()\n    if y:\n        x = await some()\n    return x",
            None,
        ),
        ("async def some():\n    return [await nats.connect()]\nasync def made():\n    x = await some()\n    return x", None),
        ("@cached\nasync def made():\n    return await nats.connect()", None),
        ("async def made():\n    return await nats.connect()\nmade = other(made)", None),
        ("def g():\n    global made\n    made = 1\nasync def made():\n    return await nats.connect()", None),
        ("async def made():\n    return await nats.connect()\nimport app as made", None),
        ("async def made():\n    return await nats.connect()\ntry:\n    x()\nexcept E as made:\n    pass", None),
    ],
)
def test_a_factory_gives_a_new_resource_to_its_caller_alone(body: str, expected: tuple[str, bool] | None) -> None:
    assert factory(body) == expected


@pytest.mark.parametrize(
    ("more", "made"),
    [
        ("", True),
        ("class Other(Service):\n    async def made(self):\n        pass\n", False),
        ("class Other(app.Service):\n    async def made(self):\n        pass\n", False),
        ("class Other:\n    async def made(self):\n        pass\n", True),
        ("service.made = fake\n", False),
        ("class Other:\n    def __init__(self):\n        self.made = 1\n", True),
    ],
)
def test_a_method_is_no_factory_if_it_may_be_replaced(more: str, made: bool) -> None:
    service = (
        "import nats\nclass Service:\n    async def made(self):\n        return await nats.connect()\n"
        "    async def f(self):\n        nc = await self.made()\n        await nc.flush()\n"
    )
    facts = module(service + more)
    found = [one for one in facts.functions if one.scope.qualname == "Service.f"]
    assert bool(found and found[0].summaries) is made


def test_the_call_of_a_factory_is_the_acquisition() -> None:
    found = function(f"import nats\nasync def made():\n    return await nats.connect()\n{USE}")
    (verdict,) = found.verdicts
    assert verdict.outcome.name == "NEVER_CLOSED"
    assert verdict.call.lineno == 6
