"""The bound of states: widening forgets flags, and each leak that needs no flag is still reported."""

from __future__ import annotations

import pytest

from flake8_naq.engine import lint


def program(parts: int, *, safe: bool) -> str:
    """A function with optional parts, each started and stopped under a condition."""
    body = [] if safe else ["await nc.publish('up', b'')"]
    for number in range(parts):
        body += [f"x{number} = None", f"if args.p{number}:", f"    x{number} = kit.p{number}()"]
    body.append("await kit.run()")
    for number in range(parts):
        body += [f"if x{number}:", f"    await x{number}.stop()"]
    if safe:
        body = ["try:", *(f"    {line}" for line in body), "finally:", "    await nc.close()"]
    else:
        body.append("await nc.close()")
    lines = ["import nats", "async def serve(url, args, kit):", "    nc = await nats.connect(url)"]
    return "\n".join([*lines, *(f"    {line}" for line in body)]) + "\n"


@pytest.mark.parametrize("parts", [1, 5, 10, 20])
def test_a_leak_that_needs_no_flag_is_found(parts: int) -> None:
    assert [finding.code for finding in lint(program(parts, safe=False))] == ["NAQ102"]


@pytest.mark.parametrize("parts", [1, 5, 10, 20])
def test_what_is_closed_on_every_way_is_no_leak(parts: int) -> None:
    assert [finding.code for finding in lint(program(parts, safe=True))] == ["NAQ101"]


@pytest.mark.parametrize("parts", [5, 20])
def test_a_leak_behind_a_flag_that_was_forgotten_is_not_guessed(parts: int) -> None:
    source = program(parts, safe=False).replace("    await nc.publish('up', b'')\n", "    own = args.own\n")
    source = source.replace("    await nc.close()\n", "    if own:\n        await nc.close()\n    else:\n        kit.keep(nc)\n")
    assert all("raises" in finding.message for finding in lint(source))
