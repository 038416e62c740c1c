"""Which comments silence a finding: what flake8 says of the whole file, mostly without splitting it into tokens."""

from __future__ import annotations

import ast

import pytest
from flake8.processor import FileProcessor

from flake8_naq.model import Finding
from flake8_naq.project.flake8_options import Decider, Options
from flake8_naq.project.selection import EVERYTHING

SOURCES = [
    "x = 1\nopen('a')  # noqa\nopen('b')\n",
    "x = 1\nopen('a', \\\n     'b')  # noqa\nopen('c')\n",
    "x = 1\nopen('''a\n''')  # noqa\nopen('b')\n",
    'x = 1\nopen("""a\n""", open("b"))  # noqa\nopen("c")\n',
    "x = 1\nopen('a',\n     open('b'),  # noqa\n     open('c'))\n",
    "x = '''\n# noqa\n'''; open('a')\nopen('b')\n",
    "x = 1\ny = f'''\n{open('a')}  # noqa\n'''\nopen('b')\n",
    "x = 1\ny = rF'''\n{open('a')}\n# noqa\n'''\nopen('b')\n",
    "x = 1\ny = 'a\\\n# noqa'; open('a')\nopen('b')\n",
    "open('a')  # noqa: NAQ102\nopen('b')  # noqa: NAQ103\n",
    "\ufeffopen('a')  # noqa\nopen('b')\n",
    "x = 1\nopen('a')  # NOQA:NAQ103\r\nopen('b') \\\r\n  # noqa\r\n",
    "x = 1\nprint('# noqa', \\\n  open('b'))\n",
    "x = 1\n# a comment that ends with \\\nopen('a')  # noqa\nopen('b')  # a \\\n# noqa\n",
]


@pytest.mark.parametrize("source", SOURCES)
def test_the_lines_are_those_of_flake8(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = source.splitlines(keepends=True)
    found = [
        Finding(node.lineno, node.col_offset + 1, "NAQ103", "", node.lineno, 1, "never-closed")
        for node in ast.walk(ast.parse(source.removeprefix("\ufeff")))
        if isinstance(node, ast.Call)
    ]
    assert found
    decider = Decider.of(Options(), EVERYTHING)
    quick = decider.reported("a.py", found, lines)
    monkeypatch.setattr("flake8_naq.project.flake8_options._is_alone", lambda lines, number: False)
    assert quick == decider.reported("a.py", found, lines)


def test_a_file_is_split_into_tokens_only_where_a_string_or_a_backslash_may_continue_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(FileProcessor, "noqa_line_for", lambda self, line: asked.append(line))
    lines = ["x = 1\n", "open('a')  # noqa\n", "open('b')\n", "open('''c''')\n", "open( \\\n", "'d')\n"]
    found = [Finding(line, 1, "NAQ103", "", line, 1, "never-closed") for line in (2, 3, 4, 5)]
    Decider.of(Options(), EVERYTHING).reported("a.py", found, lines)
    assert asked == [4, 5]
