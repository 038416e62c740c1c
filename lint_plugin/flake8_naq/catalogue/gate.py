"""What a file must mention to matter at all: the quick look before anything is parsed, or even imported.

Knows the catalogue's file, and not its types: most runs over most trees need nothing else of the linter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from flake8_naq.catalogue.import_gate import ImportGate, import_gate
from flake8_naq.catalogue.toml_files import read_toml
from flake8_naq.syntax.import_words import ImportLines, import_lines

_DOT = re.compile(rb"\s*\.?")
_RELATIVE = re.compile(rb"^[ \t]*from[ \t]*\.", re.MULTILINE)
_DEFINED = re.compile(rb"\b(?:def|class)[ \t]+\Z")
_NEAR = 20  # characters before a name in which its definition begins


class Gate(NamedTuple):
    """`coarse` is quick and finds every file that `fine` finds; `fine` wants an import or a use.

    `imports` finds the files that import a library with a catalogue. `own` finds the last parts of the names that the
    user adds: a file that has a relative import, or defines one of them, may call it without the rest. None where no
    name is added.
    """

    coarse: re.Pattern[bytes]
    fine: re.Pattern[bytes]
    imports: ImportGate
    own: re.Pattern[bytes] | None = None

    def opens(self, source: bytes, imported: ImportLines | None = None) -> bool:
        """Whether the code of the file mentions a name of the catalogue, or imports a library that has one.

        `imported` is what the file imports, if it is known already.
        """
        if not self._finds(source, imported or import_lines(source)):
            return False
        from flake8_naq.syntax.docstrings import without_docstrings  # few files come here

        code = without_docstrings(source)
        return code is source or self._finds(code, import_lines(code))

    def _finds(self, source: bytes, imported: ImportLines) -> bool:
        if self.imports.opens(source, imported):
            return True
        if self.coarse.search(source) is not None and self._mentions(source):
            return True
        return self.own is not None and self._calls_own(self.own, source)

    def _calls_own(self, names: re.Pattern[bytes], source: bytes) -> bool:
        """Return whether the file may call one of the names, which is imported or defined without the rest of it."""
        if _RELATIVE.search(source) is not None:
            return names.search(source) is not None
        places = (found.start() for found in names.finditer(source))
        return any(_DEFINED.search(source, max(0, at - _NEAR), at) is not None for at in places)

    def _mentions(self, source: bytes) -> bool:
        end = -1
        for found in self.coarse.finditer(source):  # `fine` is slow, and finds nothing on other lines than these
            if found.start() >= end:
                line = source.rfind(b"\n", 0, found.start()) + 1
                end = _end_of_line(source, found.end())
                if self.fine.search(source, line, end) is not None:
                    return True
        return False


def _end_of_line(source: bytes, at: int) -> int:
    """Where the line ends; a dot that begins the next one still belongs to it."""
    end = source.find(b"\n", at)
    found = _DOT.match(source, end) if end >= 0 else None
    return found.end() if found is not None else len(source)


@cache
def gate(extra: tuple[str, ...] = (), catalogues: tuple[str, ...] = ()) -> Gate:
    """The gate for the package's catalogue, and the `extra` names that the user's resources are acquired by.

    `catalogues` is the setting that says which catalogues of other libraries are on.
    """
    names = {*extra, *_own_names()}
    roots = {name.partition(".")[0] for name in names if "." in name}
    words = {name for name in names if "." not in name}
    every = roots | words
    shortest = [word for word in sorted(every) if not any(other in word for other in every if other != word)]
    root, word = (rf"\b(?:{'|'.join(map(re.escape, sorted(some)))})\b" for some in (roots, words))
    fine = rf"{root}\s*\.|\b(?:import|from|import_module)\b[^\n]*{root}|{word}"
    lasts = sorted({name.rpartition(".")[2] for name in extra if "." in name})
    own = _pattern(rf"\b(?:{'|'.join(map(re.escape, lasts))})\b") if lasts else None
    return Gate(_pattern("|".join(map(re.escape, shortest))), _pattern(fine), import_gate(catalogues), own)


def _pattern(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode())


def _own_names() -> Iterator[str]:
    """Each name of the catalogue, and the package's own makers alone, as a relative import brings them."""
    data = read_toml("nats.toml")
    package: str = data["migration"]["package"]
    names = [name for table in data["resource"] for key in ("acquire", "construct") for name in table.get(key, ())]
    names += [table["name"] for table in data["manager"] if not table.get("borrows")]
    for name in names:
        yield name
        if name.startswith(f"{package}."):
            yield name.rpartition(".")[2]
