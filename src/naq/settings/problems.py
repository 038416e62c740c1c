"""Error messages for settings: the key, the expected value, the nearest known key. They never contain a secret."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from naq.errors import ConfigError

# Values of these keys never appear in a message, even if the value has a wrong type.
SECRET = frozenset({"servers", "user", "password", "token", "nkey", "credentials"})

Path = tuple[str, ...]


def problems_of(error: ValidationError, model: type[BaseModel]) -> tuple[str, ...]:
    """Return a message for each problem, which begins with the full path of the key."""
    return tuple(f"{'.'.join(path)}: {text}" if path else text for path, text in located(error, model))


def located(error: ValidationError, model: type[BaseModel]) -> list[tuple[Path, str]]:
    """Return path and message of each problem; each problem of a section's `ConfigError` is listed separately."""
    found: list[tuple[Path, str]] = []
    for detail in error.errors(include_url=False):
        path = tuple(str(part) for part in detail["loc"])
        nested = detail.get("ctx", {}).get("error")
        if isinstance(nested, ConfigError):
            found += [_prefixed(path, problem) for problem in nested.problems]
        else:
            found.append((path, _message(detail, path, model)))
    return found


def _prefixed(path: Path, problem: str) -> tuple[Path, str]:
    key, colon, message = problem.partition(": ")
    return ((*path, *key.split(".")), message) if colon and " " not in key else (path, problem)


def _message(detail: Any, path: Path, model: type[BaseModel]) -> str:
    if detail["type"] == "extra_forbidden":
        return f"unknown key{nearest(path, model)}"
    expected = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    expected = expected[:1].lower() + expected[1:]
    return f"{expected}, not {detail['input']!r}" if _may_be_shown(detail["input"], path, model) else expected


def _may_be_shown(value: Any, path: Path, model: type[BaseModel]) -> bool:
    """Return whether a value can appear in a message: not a secret, a URL that may contain one, or a whole section."""
    if SECRET.intersection(path) or section_at(path, model) is not None:
        return False
    return isinstance(value, (int, float)) or (isinstance(value, str) and "@" not in value)


def nearest(path: Path, model: type[BaseModel]) -> str:
    """Return `; did you mean x?` for the key that is closest to `path`, else the list of known keys."""
    section = section_at(path[:-1], model)
    if section is None:
        return ""
    names = list(section.model_fields)
    close = get_close_matches(path[-1], names, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(names)}"


def section_at(path: Path, model: type[BaseModel]) -> type[BaseModel] | None:
    """Return the model of the section at `path`; None when there is no such section."""
    for name in path:
        field = model.model_fields.get(name)
        options = getattr(field.annotation, "__args__", (field.annotation,)) if field is not None else ()
        sections = [kind for kind in options if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if not sections:
            return None
        model = sections[0]
    return model
