"""Notebooks as Python: which lines are read, where they come from, and which files are refused."""

from __future__ import annotations

import ast
import json
from typing import Any

import pytest

from flake8_naq.syntax.notebook import Cells, python, read
from flake8_naq.syntax.source import SourceError


def notebook(*cells: tuple[str, str], **metadata: Any) -> bytes:
    """The file that Jupyter writes for cells, each with its kind and its source."""
    listed = [{"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)} for kind, source in cells]
    data = {"cells": listed, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(data, indent=1, ensure_ascii=False).encode()


def code(source: str) -> str:
    """What is left of one code cell, without the comment before it."""
    found = read(notebook(("code", source)))
    return python(found.source, found.cells).decode().partition("\n")[2]


def test_code_cells_are_one_text_and_each_line_knows_its_place() -> None:
    found = read(notebook(("markdown", "# Title\nimport nats\n"), ("code", "import nats\n\nx = 'é'"), ("raw", "y"), ("code", "z = 1\n")))
    assert found.source.decode() == "# cell 2\nimport nats\n\nx = 'é'\n# cell 4\nz = 1\n"
    assert found.cells.numbers == (2, 2, 2, 2, 4, 4)
    assert found.cells.lines == (0, 1, 2, 3, 0, 1)
    assert found.cells.named(4) == "cell 2, line 3"


@pytest.mark.parametrize("ascii_only", [True, False])
def test_each_line_knows_the_line_of_the_file(ascii_only: bool) -> None:
    data = json.loads(notebook(("markdown", "x = 'é'\n"), ("code", "y = 1\n\nx = 'é'\n"), ("code", "\nx = 'é'")))
    text = json.dumps(data, indent=1, ensure_ascii=ascii_only)
    cells = read(text.encode()).cells
    raw = text.split("\n")
    named = [json.loads(raw[stored - 1].strip().rstrip(",")) for stored, line in zip(cells.stored, cells.lines, strict=True) if line]
    assert named == ["y = 1\n", "\n", "x = 'é'\n", "\n", "x = 'é'"]
    assert list(cells.stored[1:4]) == sorted(cells.stored[1:4])
    assert cells.stored[6] > cells.stored[3]


def test_a_source_in_one_string_is_on_one_line_of_the_file() -> None:
    cell = {"cell_type": "code", "source": "a = 1\nb = 2\n"}
    text = json.dumps({"cells": [cell], "nbformat": 4}, indent=1)
    found = read(text.encode())
    assert found.source.decode() == "# cell 1\na = 1\nb = 2\n"
    assert {text.split("\n")[stored - 1].strip() for stored in found.cells.stored[1:]} == {'"source": "a = 1\\nb = 2\\n"'}


def test_a_file_in_one_line_has_one_line() -> None:
    cell = {"cell_type": "code", "source": ["a = 1\n", "b = 2"]}
    assert read(json.dumps({"cells": [cell], "nbformat": 4}).encode()).cells.stored == (1, 1, 1)


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("%matplotlib inline\nx = 1\n", "pass\nx = 1\n"),
        ("!pip install nats-py\n", "pass\n"),
        ("!echo 'it\nx = 1\n!echo (\n", "pass\nx = 1\npass\n"),
        ("!pip install \\\n  nats-py\nx = 1\n", "pass\n\nx = 1\n"),
        ("nats.connect?\n", "pass\n"),
        ("?nats.connect\nx = 1\n", "pass\nx = 1\n"),
        ("if x:\n    %time f()\n", "if x:\n    pass\n"),
        ("files = !ls *.py\n", "files = None\n"),
        ("a, b = %time f()\n", "a, b = None\n"),
        ("%%bash\necho $x\n", "\n\n"),
        ("\n%%time\nx = 1\n", "\n\nx = 1\n"),
        ("x = (4\n  % 3)\ns = '''\n%magic\n!shell\n'''\n", "x = (4\n  % 3)\ns = '''\n%magic\n!shell\n'''\n"),
        ("nc = await connect()\nasync with nc:\n    pass\n", "nc = await connect()\nasync with nc:\n    pass\n"),
    ],
)
def test_what_is_not_python_is_left_out(source: str, left: str) -> None:
    assert code(source) == left
    ast.parse(left)


def test_a_notebook_of_another_language_has_no_code() -> None:
    for metadata in ({"language_info": {"name": "R"}}, {"kernelspec": {"language": "julia"}}):
        found = read(notebook(("code", "x <- 1\n"), **metadata))
        assert found == (b"", Cells((), (), ()))
    assert read(notebook(("code", "x = 1\n"), language_info={"name": "python"})).source


def test_a_notebook_without_code_is_empty() -> None:
    assert read(notebook(("markdown", "x"))) == (b"", Cells((), (), ()))
    assert read(notebook()) == (b"", Cells((), (), ()))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (b"", "it is not a notebook: Expecting value: line 1 column 1 (char 0)"),
        (b"{]", "it is not a notebook: Expecting property name"),
        (b"[]", "it is not a notebook: expected nbformat and cells"),
        (b'"cells"', "it is not a notebook: expected nbformat and cells"),
        (b'{"nbformat": 4, "cells": [1]}', "it is not a notebook: expected nbformat and cells"),
        (b'{"nbformat": 4, "cells": [{"source": [1]}]}', "it is not a notebook: expected nbformat and cells"),
        (b'{"nbformat": 4, "cells": [{"source": 1}]}', "it is not a notebook: expected nbformat and cells"),
        (b'{"nbformat": "4", "cells": []}', "it is not a notebook: expected nbformat and cells"),
        (b'{"nbformat": 3, "cells": []}', "it is not a notebook of format 4"),
        (b"\xff\xfe", "it is not a notebook: 'utf-8' codec"),
        (b"[" * 200_000, "it is not a notebook: "),
        (b'{"nbformat": 4, "metadata": [], "cells": [{"source": "x", "cell_type": "code"}]}', "it is not a notebook: expected"),
    ],
)
def test_what_is_no_notebook_is_refused(source: bytes, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(source)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(("source", "where"), [("x = 1\ny = (\n", "cell 2, line 2: "), ("%time x\nreturn = 1\n", "cell 2, line 2: "), ("x = '\0'\n", "cell 2, line 1: ")])
def test_a_cell_that_does_not_parse_is_named(source: str, where: str) -> None:
    found = read(notebook(("markdown", "x"), ("code", source)))
    with pytest.raises(SourceError) as caught:
        python(found.source, found.cells)
    assert str(caught.value).startswith(f"not checked: {where}")
