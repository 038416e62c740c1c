"""The generated page that lists all settings; a test compares the committed page with the models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from naq.settings.problems import section_at
from naq.settings.variables import variable_name

HEAD = """\
# Settings

`get_config()` reads variables over `naq.toml` over `[tool.naq]` in `pyproject.toml` over the defaults, both files from
the working directory; `NAQ_CONFIG_FILE` names another file in place of `naq.toml`. Lists in a variable are separated
by commas, or a JSON array. Unknown keys and wrong values raise an error that names the key and what was expected. So
does a variable that is close to a known one: for `NAQ_NATS_SERVERS` the error is "did you mean NAQ_NATS__SERVERS?".
Other unknown `NAQ_*` variables, such as those that Kubernetes sets for a Service named `naq`, are ignored with a
warning. Times are in seconds. A secret is never shown in a `repr`, a log line or an error; credentials in a server's
URL are moved to `user`, `password` and `token`.

    # naq.toml
    [nats]
    servers = ["nats://one:4222", "nats://two:4222"]
    connect_timeout = 5

    $ NAQ_NATS__CONNECT_TIMEOUT=10 naq worker default
"""
COLUMNS = "| key | variable | type | default | |\n| --- | --- | --- | --- | --- |\n"


def page(model: type[BaseModel]) -> str:
    """Return the page as Markdown."""
    return HEAD + "".join(_section(model, ()))


def write(model: type[BaseModel], path: str) -> None:
    """Write the page to the file `path`."""
    Path(path).write_text(page(model), encoding="utf-8")


def _section(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[str]:
    sections = {name: found for name in model.model_fields if (found := section_at((name,), model))}
    plain = {name: field for name, field in model.model_fields.items() if name not in sections}
    if plain:
        title = f"`[{'.'.join(path)}]`" if path else "At the top"
        yield f"\n## {title}\n\n{_sentence(model)}\n\n{COLUMNS}"
        for name, field in plain.items():
            variable = variable_name((*path, name))
            yield f"| `{name}` | `{variable}` | {_type(field.annotation)} | {_default(field)} | {_about(field)} |\n"
    for name, section in sections.items():
        yield from _section(section, (*path, name))


def _sentence(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _type(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    if get_origin(annotation) is Annotated:
        return _type(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return " or ".join(_type(option) for option in get_args(annotation) if option is not NoneType)
    if get_origin(annotation) is tuple:
        return "list of text"
    names = {str: "text", int: "number", float: "number", bool: "true or false", Path: "path", SecretStr: "secret"}
    return names.get(annotation, str(annotation))


def _default(field: FieldInfo) -> str:
    default = field.default
    if default in (None, ()):
        return ""
    text = ", ".join(default) if isinstance(default, tuple) else str(default)
    return f"`{text.lower() if isinstance(default, bool) else re.sub(r'[.]0$', '', text)}`"


def _about(field: FieldInfo) -> str:
    return field.description or ""
