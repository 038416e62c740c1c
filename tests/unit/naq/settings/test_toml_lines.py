"""The line of a key in a TOML file, in every form in which a key can be set."""

from __future__ import annotations

import tomllib

import pytest

from naq.settings.toml_lines import TomlText

TEXT = '''\
top = 1
[queue]
prefix = "naq"  # a comment

# before a list
names = [
    "a",  # in the list

    "[worker]",
]
text = """
[worker]
concurrency = 1
"""
a.b.c = 2
[worker]
inner = { x = 1, y = [
  1 ] }
"quoted key" = 5
odd = "a\x0cb\u2028c"
concurrency = 3
[[array]]
x = 1
[deep.er]
y = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("queue",), 2),
        (("queue", "prefix"), 3),
        (("queue", "names"), 6),
        (("queue", "text"), 11),
        (("queue", "a", "b", "c"), 15),
        (("worker", "inner", "y"), 17),
        (("worker", "quoted key"), 19),
        (("worker", "concurrency"), 21),
        (("deep",), 24),
        (("deep", "er", "y"), 25),
        (("worker", "nosuch"), None),
        (("top", "below"), None),
    ],
)
def test_the_line_is_that_on_which_the_statement_begins(path: tuple[str, ...], line: int | None) -> None:
    text = TEXT.replace("\x0c", "")
    tomllib.loads(text)
    assert TomlText(text).line_of(path) == line
    assert TomlText(text.replace("\n", "\r\n")).line_of(path) == line
    # Without a line feed at the end.
    assert TomlText(text.rstrip()).line_of(path) == line


def test_a_long_file_is_not_parsed_once_for_each_line(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    loads = tomllib.loads

    def counted(text: str) -> object:
        parsed.append(text)
        return loads(text)

    monkeypatch.setattr(tomllib, "loads", counted)
    text = TomlText("\n".join(f"key{number} = {number}" for number in range(1000)))
    assert [text.line_of((f"key{number}",)) for number in (0, 500, 999)] == [1, 501, 1000]
    assert len(parsed) < 60
