"""What a fork runs in place of the command `naq`, or of Python with a script, once the library is imported."""

from __future__ import annotations

import os
import runpy
import shlex
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from naq.cli import main as naq
from support.forks import Forks

# What the commands import when they need it.
_IMPORTED = (
    *("naq.command", "naq.command.jobs", "naq.command.queueing", "naq.command.status", "naq.command.working"),
    *("naq.queue.core", "naq.worker.core", "naq.worker.status", "rich.console", "rich.table"),
)
_NAQ = '#!/bin/sh\nexec {command} naq "$@"\n'
_PYTHON = '#!/bin/sh\ncase "$1" in *.py) exec {command} "$@" ;; esac\nexec {python} "$@"\n'


def main(arguments: Sequence[str]) -> int:
    """Run `naq ...` or `script.py ...`; returns the exit code."""
    program, *rest = arguments
    try:
        if program == "naq":
            return naq(rest)
        sys.argv[:] = arguments
        sys.path.insert(0, os.path.dirname(os.path.abspath(program)))
        runpy.run_path(program, run_name="__main__")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def forked_programs(folder: Path) -> Iterator[Path]:
    """Fill a folder with `naq` and `python`, which start as forks; warnings are errors in them."""
    with Forks("naq_support.forked:main", _IMPORTED, warnings="error") as forks:
        words = {"command": shlex.join(forks.command()), "python": shlex.quote(sys.executable)}
        for name, text in {"naq": _NAQ, "python": _PYTHON}.items():
            (folder / name).write_text(text.format(**words))
            (folder / name).chmod(0o755)
        yield folder
