"""Parses the bytes of a file to a tree and lines; every error is one line of text."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings


class SourceError(ValueError):
    """A file that cannot be checked; the message says where and why in one line. `line` is 0 if it is not known."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


def parse(source: bytes, path: str) -> tuple[ast.Module, list[str]]:
    """Return the tree and the lines (with their ends, as flake8 has them) of a Python file. Raises SourceError."""
    return parse_text(decode(source), path)


def parse_text(text: str, path: str) -> tuple[ast.Module, list[str]]:
    """Return tree and lines of a text that is decoded already; its line ends become LF. Raises SourceError."""
    text = _with_line_feeds(text)
    if "\0" in text:
        raise SourceError("not checked: it contains null bytes")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in the checked code are for other linters to report
        try:
            tree = ast.parse(text, path)
        except SyntaxError as error:
            line = error.lineno or 1
            raise SourceError(f"line {line}: not checked: {error.msg}", line) from error
        except (ValueError, RecursionError, MemoryError) as error:
            reason = "nested too deeply" if not isinstance(error, ValueError) else str(error)
            raise SourceError(f"not checked: {reason}") from error
    return tree, _lines(text)


def source_lines(source: bytes) -> list[str]:
    """Return the lines of a Python file as `parse` does, without its tree. Raises SourceError."""
    return _lines(_with_line_feeds(decode(source)))


def _with_line_feeds(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str) -> list[str]:
    return list(io.StringIO(text))  # lines as Python counts them: splitlines() ends one at a form feed or U+2028


def decode(source: bytes) -> str:
    """Return the text of a Python file, decoded from the encoding that it declares. Raises SourceError."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise SourceError(f"not checked: {error}") from error


def encoded_as(source: bytes, text: str) -> bytes:
    """Return the text in the encoding that `source`, an earlier version of the file, declares."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return text.removeprefix("\ufeff").encode(encoding)


def characters(lines: list[str], line: int, offset: int) -> int:
    """Return in characters, which editors count, an `offset` in UTF-8 bytes, which `ast` counts."""
    if not 0 < line <= len(lines) or lines[line - 1].isascii():
        return offset
    return len(lines[line - 1].encode("utf-8", "surrogatepass")[:offset].decode("utf-8", "ignore"))
