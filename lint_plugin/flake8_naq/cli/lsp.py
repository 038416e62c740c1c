"""`flake8-naq lsp`: the language server on standard input and output.

Exit code 0: it was asked to shut down before it ended, 1: it was not, 2: pygls is missing.
"""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
from typing import BinaryIO, cast

from flake8_naq.cli.outcome import CLEAN, UsageError
from flake8_naq.project.extras import not_installed

_UNASKED = 1


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stdio", action="store_true", help="speak on standard input and output (the default)")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    if importlib.util.find_spec("pygls") is None:
        raise UsageError(not_installed("pygls"))
    from flake8_naq.lsp.protocol import Input, log_to_stderr
    from flake8_naq.lsp.server import build
    from flake8_naq.run.gc_tuning import collect_seldom

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a thread that waits for input would hold up a gentler end
    if sys.stdin.isatty():
        print("flake8-naq lsp talks to an editor, which starts it (docs/editors.md); Ctrl-C ends it", file=sys.stderr)
    log_to_stderr()
    output, sys.stdout = sys.stdout, sys.stderr  # what is printed by mistake must not get between the messages
    server = build()
    collect_seldom()
    server.start_io(cast(BinaryIO, Input(sys.stdin.buffer)), output.buffer)  # pygls reads, and does nothing else
    return CLEAN if server.ended_as_asked else _UNASKED
