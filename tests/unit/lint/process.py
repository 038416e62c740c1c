"""Runs the command, flake8 and git, and gives what they print and their exit code."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import io
import os
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from unittest import mock

from flake8.main import cli
from flake8.plugins import finder

from flake8_naq.cli import main as command
from support.forks import Forks

BIN = Path(sys.executable).parent
# What a user's own configuration could change.
ENVIRONMENT = {
    **os.environ,
    "PYTHONWARNINGS": "ignore",
    "PYTHONUTF8": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}
Done = subprocess.CompletedProcess[str]
# What the command has imported when it has fixed a file, shown a frame, or answered an editor.
_IMPORTED = (
    *("flake8_naq.cli.check", "flake8_naq.cli.inventory", "flake8_naq.fixer", "flake8_naq.rules"),
    *("flake8_naq.lsp.server", "flake8_naq.lsp.code_actions", "flake8.style_guide", "flake8.processor", "rich.console"),
    "lint.warm",
)


def run(*command: str | Path, cwd: Path, environment: dict[str, str] | None = None) -> Done:
    """Run a program to its end; no traceback may show."""
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, errors="surrogateescape",
        env={**ENVIRONMENT, **(environment or {})}, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done


def naq(*arguments: str, cwd: Path) -> Done:
    """`flake8-naq ...`, without the start of a process."""
    return _inside(command.main, arguments, cwd)


def flake8(*arguments: str, cwd: Path, others: bool = False) -> Done:
    """`flake8 ...`, likewise, checking in this process; with `others`, pycodestyle and pyflakes check as well."""
    plugins = finder._find_importlib_plugins if others else _our_plugins
    with mock.patch.object(finder, "_find_importlib_plugins", plugins):
        return _inside(cli.main, ("-j1", *arguments), cwd)


@cache
def _our_plugins(find: Callable[[], Iterable[finder.Plugin]] = finder._find_importlib_plugins) -> list[finder.Plugin]:
    """Return our plugin and the formats of reports: the checks of others take most of the time."""
    return [one for one in find() if one.package not in ("pycodestyle", "pyflakes")]


def _inside(main: Callable[[list[str]], int], arguments: tuple[str, ...], cwd: Path) -> Done:
    out, errors = (io.TextIOWrapper(io.BytesIO(), "utf-8", "surrogateescape", newline="") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors), contextlib.chdir(cwd):
        try:
            code = main(list(arguments))
        except SystemExit as exit:
            code = exit.code if isinstance(exit.code, int) else 1
    texts = []
    for stream in (out, errors):
        stream.flush()
        stream.seek(0)
        texts.append(stream.read())
    return subprocess.CompletedProcess(arguments, code, *texts)


@cache
def _forks() -> Forks:
    forks = Forks("flake8_naq.cli.main:main", _IMPORTED)
    forks.__enter__()
    atexit.register(forks.__exit__, None, None, None)
    return forks


def forked(*arguments: str) -> tuple[str, ...]:
    """Return what starts `flake8-naq ...` as a process, without the time to import it."""
    return _forks().command(*arguments)


def terminal(*arguments: str, cwd: Path, columns: int = 80, **environment: str) -> str:
    """What a person sees: the command with a terminal on both outputs."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    plain = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    # A fork has imported its modules before it hears of a path to others.
    started = (sys.executable, "-m", "flake8_naq.cli.main", *arguments) if "PYTHONPATH" in environment else forked(*arguments)
    process = subprocess.Popen(
        started,
        cwd=cwd, stdin=slave, stdout=slave, stderr=slave, env={**plain, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(slave)
    seen = b""
    with contextlib.suppress(OSError):  # the terminal's end
        while part := os.read(master, 1 << 16):
            seen += part
    process.wait()
    os.close(master)
    return seen.decode().replace("\r\n", "\n")


def shell(command: str, cwd: Path) -> Done:
    """A line for bash, in which `naq` is the command."""
    line = f'naq() {{ "{sys.executable}" -m flake8_naq.cli.main "$@"; }}; {command}'
    buffered = {**os.environ, "PYTHONUNBUFFERED": ""}  # argparse would overlook that its help cannot be written
    done = subprocess.run(["bash", "-c", line], cwd=cwd, capture_output=True, text=True, env=buffered, check=False)
    assert "Traceback" not in done.stderr
    return done


def git(*arguments: str, cwd: Path) -> str:
    """`git ...`, which must succeed; gives what it prints."""
    done = run("git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout
