"""`naq config`: the settings in effect, and where each of them comes from. Needs no server."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from naq.command.context import Settings, json_option
from naq.command.output import print_json, print_line, print_table
from naq.settings.kept import setting_files
from naq.settings.origins import Setting, settings_of


@click.command()
@click.argument("name", required=False)
@click.option("--changed", is_flag=True, help="Only settings that are not the default.")
@json_option
@click.pass_obj
def config(settings: Settings, name: str | None, changed: bool, as_json: bool) -> None:
    """Show the settings in effect, and where each of them comes from.

    NAME is a setting or a section, as in queue.prefix or nats. A variable has priority over naq.toml, naq.toml over
    [tool.naq] in pyproject.toml. Passwords, tokens and seeds are masked.
    """
    found = settings_of(settings.config(), settings.options())
    if name is not None:
        found = _named(found, name)
    if changed:
        found = [one for one in found if one.source != "default"]
    if as_json:
        fields = [
            {"name": one.name, "value": _value(one.value), "source": one.source, "place": one.place} for one in found
        ]
        print_json({"settings": fields, "files": [str(path.absolute()) for path in setting_files() if path.is_file()]})
        return
    rows = [(one.name, _text(one.value), one.place or one.source) for one in found]
    print_table("Settings", ("setting", "value", "from"), rows, "every setting has its default", whole=("setting",))
    for path in setting_files():
        if not path.is_file():
            print_line(f"there is no {path.absolute()}")


def _named(found: list[Setting], name: str) -> list[Setting]:
    """Return the settings with this name or in this section. Raises `UsageError` when there are none."""
    chosen = [one for one in found if one.name == name or one.name.startswith(f"{name}.")]
    if not chosen:
        sections = {one.name.rpartition(".")[0] for one in found} - {""}
        close = get_close_matches(name, [*(one.name for one in found), *sections], n=1)
        hint = f"; did you mean {close[0]}?" if close else f"; sections are {', '.join(sorted(sections))}"
        raise click.UsageError(f"there is no setting {name!r}{hint}")
    return chosen


def _value(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _text(value: Any) -> str:
    """Return a value as people read it; nothing for one that is not set."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
