"""Each rule's fixture says what is found in it, on the lines where it is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from flake8_naq.rules import all_rules
from lint.expectations import differences, expectations

FIXTURES = sorted(path for path in Path(__file__).parent.rglob("*.py") if not path.name.startswith("test_"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_fixture_says_what_is_found(path: Path) -> None:
    assert differences(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_each_rule_has_a_fixture_that_expects_it(rule) -> None:
    source = (Path(__file__).parent / f"{rule.code.lower()}.py").read_text(encoding="utf-8")
    assert any(expectation.code == rule.code for expectation in expectations(source))
