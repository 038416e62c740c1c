"""The settings in effect, and where each comes from: a variable, a line of a file, an option or the default."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, SecretStr

from naq.settings.kept import setting_files
from naq.settings.sources import ENVIRONMENT, PROJECT_TABLE, Source, read_sources
from naq.settings.toml_lines import TomlText
from naq.settings.variables import variable_name

MASK: Final = "********"
# The settings that credentials in a server's URL are moved to.
IN_URLS: Final = (("nats", "user"), ("nats", "password"), ("nats", "token"))
SERVERS: Final = ("nats", "servers")


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting by its full name, as in `queue.prefix`. A secret that is set has `MASK` as its value.

    `place` is the variable, the option, or the file and line, as in `naq.toml:12`; empty for a default.
    """

    name: str
    value: Any
    source: Literal["default", "variable", "file", "option"]
    place: str = ""


def settings_of(config: BaseModel, options: Mapping[tuple[str, ...], str]) -> list[Setting]:
    """Return all settings in a configuration; `options` names the option of each setting that an option has set.

    Raises `ConfigError` for a source that cannot be read.
    """
    finder = _Finder(type(config), options)
    return [finder.setting(path, value) for path, value in _leaves(config, ())]


class _Finder:
    """Finds the places of settings; each file is read once."""

    def __init__(self, model: type[BaseModel], options: Mapping[tuple[str, ...], str]) -> None:
        self._options = options
        self._paths = setting_files()
        self._sources = read_sources(model, *self._paths)
        self._texts: dict[Path, TomlText] = {}

    def setting(self, path: tuple[str, ...], value: Any) -> Setting:
        """Return the setting with its place."""
        name, shown = ".".join(path), MASK if isinstance(value, SecretStr) else value
        for sought in (path, SERVERS) if path in IN_URLS and value is not None else (path,):
            if sought in self._options:
                return Setting(name, shown, "option", self._options[sought])
            for source in self._sources:
                if source.name_of(sought) is not None:
                    kind: Literal["variable", "file"] = "variable" if source.name == ENVIRONMENT else "file"
                    return Setting(name, shown, kind, self._place(source, sought))
        return Setting(name, shown, "default")

    def _place(self, source: Source, path: tuple[str, ...]) -> str:
        if source.name == ENVIRONMENT:
            return _variable(path)
        own, project = self._paths
        file = project if source.name == PROJECT_TABLE else own
        line = self._text(file).line_of(("tool", "naq", *path) if file == project else path)
        return f"{file}:{line}"

    def _text(self, file: Path) -> TomlText:
        if file not in self._texts:
            self._texts[file] = TomlText(file.read_text("utf-8"))
        return self._texts[file]


def _variable(path: tuple[str, ...]) -> str:
    """Return the variable that sets a value, in upper or lower case as it is written."""
    name = variable_name(path)
    return next((written for written in os.environ if written.upper() == name), name)


def _leaves(model: BaseModel, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value
