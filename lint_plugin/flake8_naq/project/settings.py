"""What a user may set, as one value: the same from `pyproject.toml`, from flake8's options and from the command."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from flake8_naq.project.dependencies import declares_package, needed_clients
from flake8_naq.project.selection import EVERYTHING, KEYS, Selection, SelectionError, read_selection
from flake8_naq.syntax.spelling import hint

if TYPE_CHECKING:
    from flake8_naq.catalogue.gate import Gate
    from flake8_naq.catalogue.model import Passed, Resource

SECTION = "tool.flake8-naq"
_KEYS = (
    *("resource", "config", "baseline", "priority", "rule-url", "file-url", "inert-bases", "recommend-naq"),
    *("catalogues", "borrows", "takes-over", "notebooks", "scripts"),
    *KEYS,
)
PRIORITIES = ("high", "medium", "low")


class Settings(NamedTuple):
    """`select` are the rules off by default that are on, `selection` says which findings
    are reported; `config` is the expression that names a configuration.

    `baseline` is the path of the file of known findings, empty for none; `priority` pairs `high`, `medium` or `low`
    with a path pattern, for the inventory. `inert_bases` are classes that surely close nothing of what their subclasses
    keep. `recommends_package`: messages may name the managers of naq in every file, and not only where it is imported.
    `older_client`: the project needs the client that came before nats-py 2.0; `newer_client`: it needs nats-py.
    `catalogues` says which catalogues are on besides the default ones, and `passed` which calls borrow their arguments
    or take them over. `rule_url` is the address of a rule's page, with `{code}` for its code; `file_url` is the address
    of a line of a file, for the inventory's page. `notebooks`: those in folders are checked, too.
    `scripts`: what a script leaves open until its process ends is reported.
    """

    resources: tuple[Resource, ...] = ()
    select: frozenset[str] = frozenset()
    config: str = ""
    baseline: str = ""
    priority: tuple[tuple[str, str], ...] = ()
    inert_bases: frozenset[str] = frozenset()
    recommends_package: bool = False
    older_client: bool = False
    newer_client: bool = False
    catalogues: tuple[str, ...] = ()
    passed: tuple[Passed, ...] = ()
    selection: Selection = EVERYTHING
    rule_url: str = ""
    file_url: str = ""
    notebooks: bool = False
    scripts: bool = False

    @property
    def acquired(self) -> tuple[str, ...]:
        """The names by which the user's own resources are acquired or made."""
        return tuple(sorted(name for r in self.resources for name in (*r.acquire, *r.construct)))

    @property
    def gate(self) -> Gate:
        """What a file must mention to matter at all."""
        from flake8_naq.catalogue.gate import gate

        return gate(self.acquired, self.catalogues)

    def under(self, options: Any, replaced: Collection[str] = ()) -> Settings:
        """Return the settings as far as flake8's `options`, which are nearer, leave them; see `Selection.under`."""
        selection = self.selection.under(options, replaced)
        return self._replace(selection=selection, select=selection.turned_on)


class SettingsError(ValueError):
    """A setting that cannot be used; the text says file, key, and what was expected."""


def settings_from_table(table: Mapping[str, Any], where: str = SECTION, folder: Path | None = None) -> Settings:
    """The settings of a `[tool.flake8-naq]` table; `where` names it in errors, paths in it begin at `folder`."""
    for key in table:
        if key not in _KEYS:
            raise SettingsError(f"{where}: unknown key '{key}'; {_hint(key, _KEYS)}")
    config = _text(table, "config", "self.config", where)
    if config and not _is_expression(config):
        raise SettingsError(f'{where}.config: expected an expression such as "self.config", got {config!r}')
    baseline = _text(table, "baseline", "flake8-naq.baseline", where).strip()
    if "\0" in baseline:
        raise SettingsError(f"{where}.baseline: no path has a null byte, got {baseline!r}")
    rule_url, file_url = _rule_url(table, where), _file_url(table, where)
    priority = _priority(table.get("priority", {}), where)
    bases = _dotted_names(table.get("inert-bases", []), f"{where}.inert-bases")
    try:
        selection = read_selection(table, folder or Path())
    except SelectionError as error:
        raise SettingsError(f"{where}.{error}") from error
    settings = Settings(
        select=selection.turned_on,
        config=config,
        baseline=baseline,
        priority=priority,
        inert_bases=bases,
        recommends_package=_flag(table, "recommend-naq", where),
        selection=selection,
        rule_url=rule_url,
        file_url=file_url,
        notebooks=_flag(table, "notebooks", where),
        scripts=_flag(table, "scripts", where),
    )
    if not {"resource", "catalogues", "borrows", "takes-over"} & table.keys():
        return settings
    from flake8_naq.catalogue.model import CatalogueError  # most projects declare nothing, and start faster
    from flake8_naq.project.declared import declared

    try:
        return settings._replace(**declared(table, where, folder or Path())._asdict())
    except CatalogueError as error:
        raise SettingsError(str(error)) from error


def _flag(table: Mapping[str, Any], key: str, where: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise SettingsError(f"{where}.{key}: expected true or false, got {value!r}")
    return value


def _rule_url(table: Mapping[str, Any], where: str) -> str:
    address = _text(table, "rule-url", "https://example.org/rules/{code}.html", where)
    if address and "{code}" not in address:
        raise SettingsError(f"{where}.rule-url: expected an address with {{code}} in it, got {address!r}")
    return address


def _file_url(table: Mapping[str, Any], where: str) -> str:
    address = _text(table, "file-url", "vscode://file{file}:{line}", where)
    if address and "{path}" not in address and "{file}" not in address:
        raise SettingsError(f"{where}.file-url: expected an address with {{path}} or {{file}} in it, got {address!r}")
    return address


def _dotted_names(value: Any, where: str) -> frozenset[str]:
    """Names such as `package.module.Class`."""
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise SettingsError(f"{where}: expected a list of names like 'package.Class', got {value!r}")
    for name in value:
        if not all(part.isidentifier() for part in name.split(".")):
            raise SettingsError(f"{where}: expected names like 'package.Class', got {name!r}")
    return frozenset(value)


def _is_expression(text: str) -> bool:
    import ast

    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError):
        return False
    return True


def _hint(word: str, known: Collection[str]) -> str:
    return hint(word, known, f"expected one of {', '.join(known)}")


def _text(table: Mapping[str, Any], key: str, example: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise SettingsError(f'{where}.{key}: expected a string such as "{example}", got {value!r}')
    return value


def _priority(table: Any, where: str) -> tuple[tuple[str, str], ...]:
    """`high = ["queue", "src/app/*"]` and the like, as pairs."""
    if not isinstance(table, Mapping):
        raise SettingsError(f'{where}.priority: expected a table such as high = ["queue"], got {table!r}')
    pairs: list[tuple[str, str]] = []
    for level, patterns in table.items():
        if level not in PRIORITIES:
            raise SettingsError(f"{where}.priority: unknown key '{level}'; {_hint(level, PRIORITIES)}")
        if not isinstance(patterns, list) or not all(isinstance(pattern, str) for pattern in patterns):
            raise SettingsError(f"{where}.priority.{level}: expected a list of path patterns, got {patterns!r}")
        pairs.extend((level, pattern) for pattern in patterns)
    return tuple(pairs)


def read_settings(directory: Path) -> Settings:
    """The settings of the nearest `pyproject.toml` at or above `directory` that has a `[tool.flake8-naq]` table."""
    path, table = next(_tables(directory), (directory, {}))
    settings = settings_from_table(table, f"{path}: {SECTION}", path.parent)
    if settings.baseline:
        settings = settings._replace(baseline=str(path.parent / settings.baseline))
    older, newer = needed_clients(directory)
    settings = settings._replace(older_client=older, newer_client=newer)
    if "recommend-naq" in table:
        return settings
    return settings._replace(recommends_package=declares_package(directory))


def settings_file(directory: Path) -> Path | None:
    """The `pyproject.toml` from which `read_settings` reads; None where there is none."""
    return next((path for path, _ in _tables(directory)), None)


def unused_files(files: Iterable[str], directory: Path) -> list[Path]:
    """Each `pyproject.toml` with our table that is nearer to one of the files than the one used in `directory`."""
    nearest: dict[str, str] = {}

    def of(folder: str) -> str:
        if folder not in nearest:
            above = os.path.dirname(folder)
            nearest[folder] = _file_with_table(folder) or (of(above) if above != folder else "")
        return nearest[folder]

    used = settings_file(directory)
    folders = set(map(os.path.dirname, files))
    found = {of(os.path.abspath(os.path.join(directory, folder))) for folder in folders}
    return sorted(path for path in map(Path, filter(None, found)) if path != used)


def _file_with_table(folder: str) -> str:
    """Return the `pyproject.toml` of a folder if it has our table, or nothing. A run may have thousands of folders."""
    path = os.path.join(folder, "pyproject.toml")
    if not os.access(path, os.R_OK):  # quicker than to open it
        return ""
    try:
        with open(path, "rb") as file:
            text = file.read()
        return path if b"flake8-naq" in text and _table(Path(path), text) is not None else ""
    except (OSError, SettingsError):
        return ""


def _tables(directory: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Each `pyproject.toml` at or above `directory` that has our table, the nearest first."""
    for folder in (directory, *directory.parents):
        path = folder / "pyproject.toml"
        try:
            text = path.read_bytes()
        except OSError:
            continue
        table = _table(path, text) if b"flake8-naq" in text else None
        if table is not None:
            yield path, table


def _table(path: Path, text: bytes) -> Mapping[str, Any] | None:
    import tomllib

    try:
        data = tomllib.loads(text.decode("utf-8-sig"))  # some editors put a mark before the text
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    tools = data.get("tool")
    table = tools.get("flake8-naq") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise SettingsError(f"{path}: {SECTION}: expected a table, got {table!r}")
    return table
