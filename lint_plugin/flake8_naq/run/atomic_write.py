"""Writing a file whole or not at all. Knows nothing of what is in it."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile

from flake8_naq.project.paths import encoded

_STREAM = re.compile(r"/dev/(stdout|stderr|fd/\d+)")


class WriteError(ValueError):
    """A file that cannot be written; the text says which, and why."""


def write_text(path: str, text: str) -> None:
    """Write UTF-8 text with `\\n` line ends. The file is replaced at once, or left as it was; WriteError says why.

    A pipe, a device or a stream (`/dev/stdout`) is written to as it is.
    """
    target = os.path.realpath(path)
    data = encoded(text)
    name = _STREAM.fullmatch(path)
    if name is None and (os.path.isfile(target) or not os.path.exists(target)):
        replace_file(path, data)
        return
    try:
        # A stream is what is open already: to open its file, or to replace it, would lose what others write there.
        with open(target, "wb") if name is None else os.fdopen(os.dup(_descriptor(name[1])), "wb") as file:
            file.write(data)
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror or error}") from error


def replace_file(path: str, data: bytes) -> None:
    """Replace the file at once, or leave it as it was, whatever interrupts; WriteError says why."""
    target = os.path.realpath(path)
    temporary = ""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(target) or ".", prefix=".flake8-naq-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(target))
        os.replace(temporary, target)
        temporary = ""
    except OSError as error:
        raise WriteError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _descriptor(name: str) -> int:
    return {"stdout": 1, "stderr": 2}.get(name) or int(name.removeprefix("fd/"))


def _mode(path: str) -> int:
    """The mode that the file has, or that a new one gets."""
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
