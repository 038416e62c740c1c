"""What the catalogue of files says of libraries: a call that is given an open file leaves it open.

Each call is made with a file. `make test-catalogues` installs the libraries; without them their tests are skipped.
"""

from __future__ import annotations

import gc
import importlib
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from flake8_naq.catalogue.library import FOLDER

Call = Callable[[Any, Any], Any]  # of the module and the open file
XML: Final = b"<html><body><table><tr><td>1</td></tr></table></body></html>"
CSV: Final = b"a,b\n1,2\n"
FACTS: Final = frozenset(tomllib.loads((FOLDER / "files.toml").read_text(encoding="utf-8"))["borrows"])

# The fact as the catalogue spells it, what the file holds, and the call.
READ: Final[list[tuple[str, bytes, Call]]] = [
    ("bs4.BeautifulSoup(0)", XML, lambda bs4, file: bs4.BeautifulSoup(file, "html.parser")),
    ("bs4.BeautifulSoup(markup)", XML, lambda bs4, file: bs4.BeautifulSoup(markup=file, features="html.parser")),
    ("defusedxml.ElementTree.parse", XML, lambda tree, file: tree.parse(file)),
    ("defusedxml.minidom.parse", XML, lambda minidom, file: minidom.parse(file)),
    ("lxml.etree.parse", XML, lambda etree, file: etree.parse(file)),
    ("lxml.etree.iterparse", XML, lambda etree, file: next(etree.iterparse(file))),
    ("lxml.html.parse", XML, lambda html, file: html.parse(file)),
    ("lxml.objectify.parse", XML, lambda objectify, file: objectify.parse(file)),
    ("numpy.fromfile", b"12345678", lambda numpy, file: numpy.fromfile(file)),
    ("numpy.genfromtxt", b"1 2\n", lambda numpy, file: numpy.genfromtxt(file)),
    ("numpy.loadtxt", b"1 2\n", lambda numpy, file: numpy.loadtxt(file)),
    ("numpy.memmap", b"12345678", lambda numpy, file: numpy.memmap(file, mode="r")),
    ("pandas.read_csv", CSV, lambda pandas, file: pandas.read_csv(file)),
    ("pandas.read_csv", CSV, lambda pandas, file: pandas.read_csv(file, chunksize=1).close()),
    ("pandas.read_fwf", b"a b\n1 2\n", lambda pandas, file: pandas.read_fwf(file)),
    ("pandas.read_json", b'{"a": {"0": 1}}', lambda pandas, file: pandas.read_json(file)),
    ("pandas.read_table", b"a\tb\n1\t2\n", lambda pandas, file: pandas.read_table(file)),
    ("pandas.read_xml", b"<r><x><a>1</a></x></r>", lambda pandas, file: pandas.read_xml(file)),
    ("polars.read_csv", CSV, lambda polars, file: polars.read_csv(file)),
    ("polars.read_json", b'[{"a": 1}]', lambda polars, file: polars.read_json(file)),
    ("xml.dom.minidom.parse", XML, lambda minidom, file: minidom.parse(file)),
    ("xml.etree.ElementTree.iterparse", XML, lambda tree, file: next(tree.iterparse(file))),
    ("xml.etree.ElementTree.parse", XML, lambda tree, file: tree.parse(file)),
    ("xmltodict.parse(0)", XML, lambda xmltodict, file: xmltodict.parse(file)),
]

# The fact of what writes, the call, the fact of what reads that, and its call.
WRITTEN: Final[list[tuple[str, Call, str, Call]]] = [
    (".save", lambda docx, file: docx.Document().save(file), "docx.Document(0)", lambda docx, file: docx.Document(file)),
    (".save", lambda pptx, file: pptx.Presentation().save(file), "pptx.Presentation(0)", lambda pptx, file: pptx.Presentation(file)),
    (
        ".save",
        lambda openpyxl, file: openpyxl.Workbook().save(file),
        "openpyxl.load_workbook(0)",
        lambda openpyxl, file: openpyxl.load_workbook(file, read_only=True).close(),
    ),
    ("numpy.save", lambda numpy, file: numpy.save(file, numpy.zeros(2)), "numpy.load", lambda numpy, file: numpy.load(file)),
    ("numpy.savez", lambda numpy, file: numpy.savez(file, a=numpy.zeros(2)), "numpy.load", lambda numpy, file: numpy.load(file).close()),
    (
        ".to_pickle",
        lambda pandas, file: pandas.DataFrame({"a": [1]}).to_pickle(file),
        "pandas.read_pickle",
        lambda pandas, file: pandas.read_pickle(file),
    ),
    (
        ".to_csv",
        lambda pandas, file: pandas.DataFrame({"a": [1]}).to_csv(file),
        "pandas.read_csv",
        lambda pandas, file: pandas.read_csv(file),
    ),
]


def _module(fact: str) -> Any:
    """Return the module that has the function of the fact; skip the test where it is not installed."""
    name = fact.partition("(")[0].rpartition(".")[0]
    pytest.importorskip(name.partition(".")[0])
    return importlib.import_module(name)


def _stays_open(path: Path, mode: str, call: Callable[[Any], Any]) -> bool:
    with path.open(mode) as file:
        answer = call(file)
        del answer
        gc.collect()
        return not file.closed


@pytest.mark.parametrize(("fact", "text", "call"), READ, ids=[f"{number}-{one[0]}" for number, one in enumerate(READ)])
def test_what_is_read_stays_open(fact: str, text: bytes, call: Call, tmp_path: Path) -> None:
    assert fact in FACTS
    module = _module(fact)
    path = tmp_path / "read"
    path.write_bytes(text)
    assert _stays_open(path, "rb", lambda file: call(module, file))


@pytest.mark.parametrize(("writes", "write", "reads", "read"), WRITTEN, ids=[one[2] + one[0] for one in WRITTEN])
def test_what_is_written_stays_open(writes: str, write: Call, reads: str, read: Call, tmp_path: Path) -> None:
    assert {writes, reads} <= FACTS
    module = _module(reads)
    path = tmp_path / "written"
    assert _stays_open(path, "wb", lambda file: write(module, file))
    assert _stays_open(path, "rb", lambda file: read(module, file))
