"""Comments, formats and shapes: golden files, and texts of which every byte outside the change stays.

`python -m lint.fixer.test_golden` in `tests/unit` rewrites the golden files.
"""

from __future__ import annotations

import ast
import io
import subprocess
import sys
import tokenize
from collections import Counter
from pathlib import Path

import pytest

from flake8_naq.engine import lint
from flake8_naq.fixer import fix_source
from flake8_naq.project.settings import settings_from_table

FOLDER = Path(__file__).with_name("golden")
NAMES = sorted(path.name.removesuffix(".before.py") for path in FOLDER.glob("*.before.py"))
PLAIN = (
    "import nats\n\n\nasync def f(url):\n    nc = await nats.connect(url)\n    try:\n        await nc.flush()\n"
    "    finally:\n        await nc.close()\n"
)
FIXED = "import nats\n\n\nasync def f(url):\n    async with await nats.connect(url) as nc:\n        await nc.flush()\n"


def before(name: str) -> str:
    return (FOLDER / f"{name}.before.py").read_text(encoding="utf-8")


def after(name: str) -> Path:
    return FOLDER / f"{name}.after.py"


def comments(source: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


@pytest.mark.parametrize("name", NAMES)
def test_golden(name: str) -> None:
    assert fix_source(before(name), unsafe=True).source == after(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_fixed_means_stable_and_no_comment_lost(name: str) -> None:
    fixed = fix_source(before(name), unsafe=True)
    assert fix_source(fixed.source, unsafe=True).source == fixed.source
    assert comments(fixed.source) == comments(before(name))
    assert {one.code for one in lint(fixed.source)} <= {one.code for one in lint(before(name))}
    ast.parse(fixed.source)


@pytest.mark.parametrize("name", NAMES)
def test_ruff_finds_nothing_new(name: str) -> None:
    def found(source: str) -> Counter[str]:
        command = [
            sys.executable,
            "-m",
            "ruff",
            "check",
            "--isolated",
            "--select",
            "F",
            "--output-format",
            "concise",
            "-",
        ]
        done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
        return Counter(line.split(": ")[1].split()[0] for line in done.stdout.splitlines() if line.startswith("-:"))

    assert not found(fix_source(before(name), unsafe=True).source) - found(before(name))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: f"\ufeff{text}",
        lambda text: text.replace("    ", "\t"),
        lambda text: text.replace("    ", "  "),
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("import nats", "# -*- coding: latin-1 -*-\nimport nats"),
        lambda text: text.replace("import nats", "import nats\n\x0c"),
    ],
    ids=["plain", "crlf", "bom", "tabs", "two spaces", "no final newline", "coding line", "form feed"],
)
def test_what_is_outside_of_the_change_stays(change) -> None:
    assert fix_source(change(PLAIN)).source == change(FIXED)


def test_mixed_line_ends_stay_where_they_were() -> None:
    mixed = PLAIN.replace("import nats\n", "import nats\r\n").replace("flush()\n", "flush()\r\n")
    fixed = fix_source(mixed).source
    assert fixed.startswith("import nats\r\n\n\n")
    assert fixed.replace("\r\n", "\n") == FIXED


def test_comments_of_releases_at_the_end_stay_apart_without_a_final_newline() -> None:
    before = (
        "import nats\n\n\nasync def f(url):\n    a = await nats.connect(url)\n    b = await nats.connect(url)\n    try:\n"
        "        await b.flush()\n    finally:\n        await a.close()  # one\n        await b.close()  # two"
    )
    assert fix_source(before, unsafe=True).source == (
        "import nats\n\n\nasync def f(url):\n    async with await nats.connect(url):\n"
        "        async with await nats.connect(url) as b:\n            await b.flush()\n            # two\n        # one"
    )


@pytest.mark.parametrize(
    "text", [FIXED, FIXED.replace("\n", "\r\n"), "x = 1", "", "import nats\n\n\n\n", "\ufeffimport nats"]
)
def test_nothing_to_fix_is_the_same_text(text: str) -> None:
    assert fix_source(text, unsafe=True).source is text


def test_a_line_under_noqa_is_never_touched() -> None:
    for line in ("nc = await nats.connect(url)", "await nc.close()", "try:"):
        text = PLAIN.replace(line, f"{line}  # noqa: E501")
        assert fix_source(text, unsafe=True).source == text


def test_a_resource_of_the_user() -> None:
    table = {
        "resource": [
            {
                "name": "file",
                "acquire": ["open"],
                "release-methods": ["close"],
                "manager": "with open({args}) as {name}",
            }
        ]
    }
    text = "def f(path):\n    file = open(path, 'rb')\n    try:\n        return file.read()\n    finally:\n        file.close()\n"
    assert fix_source(text, settings_from_table(table)).source == (
        "def f(path):\n    with open(path, 'rb') as file:\n        return file.read()\n"
    )


def test_the_setting_says_that_the_config_has_the_address() -> None:
    text = (
        "from naq.connection import close_nats_connection, get_nats_connection\n\n\nclass A:\n    async def f(self):\n"
        "        nc = await get_nats_connection(self.nats_url)\n        try:\n            await nc.flush()\n"
        "        finally:\n            await close_nats_connection(nc)\n"
    )
    assert fix_source(text).source == text
    fixed = fix_source(text, settings_from_table({"config": "self.config"})).source
    assert "async with nats_connection(self.config) as conn:" in fixed


if __name__ == "__main__":
    for each in NAMES:
        after(each).write_text(fix_source(before(each), unsafe=True).source, encoding="utf-8")
