"""Short forms for tests of the fixer: what becomes of one small file, and why a finding in it is not fixed."""

from __future__ import annotations

from flake8_naq.fixer import fix_source
from flake8_naq.model import Finding

NAQ_IMPORT = "from naq.connection import close_nats_connection, get_nats_connection\n\n\n"
NATS_IMPORT = "import nats\n\n\n"
UNSAFE = "only with --unsafe-fixes: "


def fixed(source: str, *, unsafe: bool = False) -> str:
    """The text after the fixes."""
    return fix_source(source, unsafe=unsafe).source


def reasons(source: str, *, unsafe: bool = False, codes: tuple[str, ...] = ()) -> list[str]:
    """Why the findings that stay are not fixed, those of imports left out; with `codes`, only these are fixed."""

    def wanted(findings: list[Finding], _lines: list[str]) -> list[Finding]:
        return [one for one in findings if not codes or one.code in codes]

    result = fix_source(source, unsafe=unsafe, wanted=wanted)
    return [one.reason for one in result.unfixed if one.finding.code != "NAQ301"]


def assert_only_unsafe(source: str, caveat: str) -> None:
    """The safe fixes change nothing because of the caveat, and the unsafe fixes remove the finding."""
    assert fixed(source) == source
    assert reasons(source) == [f"{UNSAFE}{caveat}"]
    assert fixed(source, unsafe=True) != source
    assert reasons(source, unsafe=True) == []
