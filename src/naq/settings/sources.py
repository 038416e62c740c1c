"""The sources of settings: variables over `naq.toml` over `pyproject.toml`.

pydantic-settings reads each source. This module defines their order, handles unknown variables, and names the source of
a wrong value in error messages.
"""

from __future__ import annotations

import logging
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings.exceptions import SettingsError

from naq.errors import ConfigError
from naq.settings.problems import located
from naq.settings.variables import DELIMITER, FILE_VARIABLE, PREFIX, sort_out, variable_name

logger = logging.getLogger(__name__)

# The names of sources; a file other than pyproject.toml has its own name.
ENVIRONMENT: Final = "environment"
PROJECT_TABLE: Final = "[tool.naq] in pyproject.toml"

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Source:
    """The values of one source, as nested dictionaries."""

    name: str
    values: dict[str, Any]

    def name_of(self, path: tuple[str, ...]) -> str | None:
        """Return the variable or file that sets the value at `path`; None when this source does not set it."""
        value: Any = self.values
        for part in path:
            if not isinstance(value, Mapping) or part not in value:
                return None
            value = value[part]
        return variable_name(path) if self.name == ENVIRONMENT else self.name


def read(model: type[Model], names: Iterable[str], own: Path, project: Path) -> Model:
    """Return the settings from variables and both files; `names` are those of all set `NAQ_*` variables.

    Raises `ConfigError`, which names each unknown key and wrong value and its source.
    """
    _check_names(model, names)
    sources = read_sources(model, own, project)
    values: dict[str, Any] = {}
    for source in reversed(sources):
        values = _merged(values, source.values)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_described(error, model, sources)) from None


def _check_names(model: type[BaseModel], names: Iterable[str]) -> None:
    """Raise `ConfigError` for a misspelt variable of a setting; log a warning for other unknown variables."""
    problems, others = sort_out(model, names)
    if problems:
        raise ConfigError(tuple(problems))
    if others:
        logger.warning("ignored variables that name no setting: %s", ", ".join(others))


def read_sources(model: type[BaseModel], own: Path, project: Path) -> list[Source]:
    """Return the sources, the one with the highest priority first. Raises `ConfigError`."""
    return list(_sources(model, own, project))


def _sources(model: type[BaseModel], own: Path, project: Path) -> Iterator[Source]:
    settings = _settings_of(model)
    try:
        yield Source(ENVIRONMENT, EnvSettingsSource(settings)())
    except SettingsError as error:
        raise ConfigError(str(error)) from None
    if FILE_VARIABLE in os.environ and not own.is_file():
        raise ConfigError(f"{FILE_VARIABLE}: expected an existing file, not {str(own)!r}")
    yield Source(own.name, _toml(settings, own, ()))
    yield Source(PROJECT_TABLE, _toml(settings, project, ("tool", "naq")))


def _toml(settings: type[BaseSettings], path: Path, table: tuple[str, ...]) -> dict[str, Any]:
    try:
        values: Any = TomlConfigSettingsSource(settings, toml_file=path).toml_data
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: expected a readable TOML file: {error}") from None
    for key in table:
        values = values.get(key, {}) if isinstance(values, Mapping) else {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: expected a table at {'.'.join(table)}")
    return values


def _settings_of(model: type[BaseModel]) -> type[BaseSettings]:
    """Return a pydantic-settings class with the model's fields; the model itself must not read the environment."""
    fields: dict[str, Any] = {
        "__annotations__": {name: field.annotation for name, field in model.model_fields.items()},
        **dict(model.model_fields),
        "__module__": __name__,
        "model_config": SettingsConfigDict(
            env_prefix=PREFIX, env_nested_delimiter=DELIMITER, enable_decoding=False, extra="ignore"
        ),
    }
    return type("Settings", (BaseSettings,), fields)


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = _merged(below, value)
        result[key] = value
    return result


def _described(error: ValidationError, model: type[BaseModel], sources: list[Source]) -> tuple[str, ...]:
    problems = []
    for path, message in located(error, model):
        name = next((found for source in sources if (found := source.name_of(path))), None)
        key = ".".join(path)
        if name is None:
            problems.append(f"{key}: {message}" if key else message)
        else:
            problems.append(f"{name}: {message}" if name.startswith(PREFIX) else f"{key} ({name}): {message}")
    return tuple(problems)
