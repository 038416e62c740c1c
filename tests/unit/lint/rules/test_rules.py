"""Each rule's fixture says what is found in it, on the lines where it is found.

`python -m lint.rules.test_rules` in `tests/unit` rewrites the expectations of the fixtures to what is found now; read the
difference before you commit it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flake8_naq.rules import all_rules
from lint.expectations import differences, expectations, regenerated

FIXTURES = sorted(path for path in Path(__file__).parent.rglob("*.py") if not path.name.startswith("test_"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixture_says_what_is_found(path: Path) -> None:
    assert differences(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_line_above_changes_no_expectation(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    first, _, rest = source.partition("\n")
    assert differences(f"{first}\n\n{rest}" if first.startswith("#") else f"\n{source}") == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_each_rule_has_a_fixture_that_expects_it(rule) -> None:
    source = (Path(__file__).parent / f"{rule.code.lower()}.py").read_text(encoding="utf-8")
    assert any(expectation.code == rule.code for expectation in expectations(source))


LEAK = "import nats\n\n\nasync def f(url):\n    nc = await nats.connect(url){comment}\n    await nc.flush()\n    await nc.close()\n"
PROMISE = "NAQ102@16 connection 'nc' stays open if line +1 raises; use 'async with await nats.connect(url) as nc'"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", PROMISE),
        (PROMISE, PROMISE),
        ("NAQ102", "NAQ102"),
        ("NAQ102@16", "NAQ102@16"),
        ("NAQ102@9", "NAQ102@16"),
        ("NAQ102@16 something else", PROMISE),
        ("NAQ102 something else", PROMISE.replace("@16", "")),
        ("NAQ103@16 never closed", PROMISE),
        ("NAQ103 | NAQ102", "NAQ102"),
    ],
)
def test_regenerated(before: str, after: str) -> None:
    source = LEAK.format(comment=before and f"  # expect: {before}")
    assert regenerated(source) == LEAK.format(comment=f"  # expect: {after}")


def test_regenerated_removes_what_is_not_found() -> None:
    assert regenerated("import nats  # expect: NAQ303@1\nx = 1  # a comment\n") == "import nats\nx = 1  # a comment\n"


def test_an_absolute_line_is_refused() -> None:
    with pytest.raises(AssertionError, match=r"write `line \+2`"):
        expectations(LEAK.format(comment="  # expect: NAQ102@16 connection 'nc' stays open if line 6 raises"))


if __name__ == "__main__":
    for fixture in FIXTURES:
        fixture.write_text(regenerated(fixture.read_text(encoding="utf-8")), encoding="utf-8")
