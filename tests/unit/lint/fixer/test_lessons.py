"""What public code and generated programs taught: each function once went wrong, or was left that need not be.

`lessons/TOPIC.before.py` and `.after.py` are the file before and after all fixes. A comment on the line of a finding
says that it is left, and why, or that its fix is unsafe:

    nc = await connect(url)  # left: 'connect' may return None
    nc = await nats.connect(url)  # unsafe: line N would come before the close

Where there is none, the safe fixes take it. A first line `# settings: {...}` holds the settings as JSON.
`python -m lint.fixer.test_lessons` in `tests/unit` rewrites the files `*.after.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flake8_naq.fixer import FixResult, fix_source
from lint.expectations import settings_of

FOLDER = Path(__file__).with_name("lessons")
TOPICS = sorted(path.name.removesuffix(".before.py") for path in FOLDER.glob("*.before.py"))
SAID = re.compile(r"# (left|unsafe): (.+)$")
UNSAFE = "only with --unsafe-fixes: "


def before(topic: str) -> str:
    return (FOLDER / f"{topic}.before.py").read_text(encoding="utf-8")


def after(topic: str) -> Path:
    return FOLDER / f"{topic}.after.py"


def fixed(source: str, unsafe: bool) -> FixResult:
    return fix_source(source, settings_of(source), unsafe=unsafe)


def said(source: str, word: str) -> set[tuple[int, str]]:
    """The lines with that word in their comment, and the reasons there."""
    matches = [(number, SAID.search(line)) for number, line in enumerate(source.splitlines(), 1)]
    return {(number, match[2]) for number, match in matches if match is not None and match[1] == word}


def reasons(result: FixResult) -> set[tuple[int, str]]:
    """Why each acquisition is left, for lines of the fixed text; the imports that go with it say nothing new."""
    return {
        (one.finding.line, re.sub(r"line \d+", "line N", one.reason))
        for one in result.unfixed
        if one.finding.code != "NAQ301"
    }


@pytest.mark.parametrize("topic", TOPICS)
def test_all_fixes(topic: str) -> None:
    result = fixed(before(topic), unsafe=True)
    assert result.source == after(topic).read_text(encoding="utf-8")
    assert reasons(result) == said(before(topic), "left")


@pytest.mark.parametrize("topic", TOPICS)
def test_safe_fixes(topic: str) -> None:
    source = before(topic)
    unsafe = {(line, f"{UNSAFE}{reason}") for line, reason in said(source, "unsafe")}
    assert reasons(fixed(source, unsafe=False)) == unsafe | said(source, "left")


@pytest.mark.parametrize("topic", TOPICS)
def test_fixed_means_stable(topic: str) -> None:
    source = after(topic).read_text(encoding="utf-8")
    assert fixed(source, unsafe=True).source == source


def test_a_function_that_connects_by_hand_is_left() -> None:
    before = (
        "from naq.connection import get_nats_connection\n\n\nasync def connect(url):\n"
        "    return await get_nats_connection(url)\n\n\nasync def f(url):\n    nc = await connect(url)\n    try:\n"
        "        await nc.flush()\n    finally:\n        await nc.close()\n"
    )
    result = fix_source(before, unsafe=True)
    assert result.source == before
    assert "'connect' acquires it by hand, on line 5" in [one.reason for one in result.unfixed]


def test_a_plan_whose_own_changes_overlap_ends() -> None:
    """It waited for its turn without end: found by generated programs."""
    before = (
        "import nats\n\n\nasync def f(urls):\n   for url in urls:\n      nc = None  # one\n      try:\n"
        "         nc = \\\n           await nats.connect(url)  # two\n               # three\n"
        "         await nc.flush()\n      finally:\n         if nc:  # four\n            await nc.close()  # five\n"
    )
    result = fix_source(before, unsafe=True)
    assert len(result.applied) + len(result.unfixed) == 1
    assert fix_source(result.source, unsafe=True).source == result.source


if __name__ == "__main__":
    for each in TOPICS:
        after(each).write_text(fixed(before(each), unsafe=True).source, encoding="utf-8")
