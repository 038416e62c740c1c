"""Docstrings are left out of a text, and nothing else is."""

import pytest

from flake8_naq.syntax.docstrings import without_docstrings


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('"""import nats"""\nx = 1\n', "\nx = 1\n"),
        ('#!/bin/python\n# comment "\n\n"""import nats"""\nx = 1\n', '#!/bin/python\n# comment "\n\n\nx = 1\n'),
        ("def f():\n    r'''a \\''' b'''\n    x\n", "def f():\n    \n    x\n"),
        ('class C:\n\n    """a "quoted" ""word"""\n', "class C:\n\n    \n"),
        ('def f():\n    """a"""\n    """b"""\n', 'def f():\n    \n    """b"""\n'),
        ('x = f(\n    """import nats"""\n)\n', None),
        ("x = '''\n:\n\"\"\"\nimport nats\n\"\"\"'''\n", None),
        ("x = 1\n\"\"\"import nats\"\"\"\n", None),
        ("x = 'a\\\n:\\\n'; nats.connect('''b''')\n", None),
        ('x = f"""{y["""a:\n"""]}"""\n', None),
        ('x = "import nats"\n', None),
        ("def f():\n    '''never ended\n", None),
    ],
)
def test_without_docstrings(source: str, code: str | None) -> None:
    expected = source if code is None else code
    assert without_docstrings(source.encode()).decode() == expected


def test_a_text_of_quotes_is_looked_at_once() -> None:
    """Exponential time would never end here."""
    source = b'def f():\n    """' + b'""\\"\\' * 50_000
    assert without_docstrings(source) is source
