"""Writing a file whole or not at all. Knows nothing of what is in it."""

from __future__ import annotations

import contextlib
import os
import tempfile


class WriteError(ValueError):
    """A file that cannot be written; the text says which, and why."""


def write_text(path: str, text: str) -> None:
    """Write UTF-8 text with `\\n` line ends. The file is replaced at once, or left as it was; WriteError says why."""
    target = os.path.realpath(path)
    data = text.encode("utf-8", "surrogateescape")
    if os.path.exists(target) and not os.path.isfile(target):
        try:
            _stream(target, data)
        except OSError as error:
            raise WriteError(f"{path}: cannot be written: {error.strerror or error}") from error
        return
    replace_file(path, data)


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


def _stream(target: str, data: bytes) -> None:
    """A pipe or a device is written to as it is; a folder cannot be."""
    with open(target, "wb") as file:
        file.write(data)


def _mode(path: str) -> int:
    """The mode that the file has, or that a new one gets."""
    try:
        return os.stat(path).st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
