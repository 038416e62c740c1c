"""`flake8-naq rules`: list the rules, the catalogues of libraries, or print the schema of a resource."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from flake8_naq.cli.outcome import CLEAN


def arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--catalogues", action="store_true", help="list the libraries that are known, and what is on")
    which.add_argument("--schema", action="store_true", help="print the JSON schema of a catalogue file")
    parser.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    lines = _schema() if parsed.schema else _catalogues() if parsed.catalogues else _rules()
    for line in lines:
        print(line)
    return CLEAN


def _rules() -> Iterator[str]:
    from flake8_naq.project.settings import read_settings
    from flake8_naq.rules import all_rules

    selected = read_settings(Path.cwd()).select
    width = max(len(rule.name) for rule in all_rules())
    for rule in all_rules():
        state = "on " if rule.default or rule.code in selected else "off"
        yield f"{rule.code} {state} {rule.name:<{width}}  {rule.summary}"


def _schema() -> Iterator[str]:
    import json

    from flake8_naq.catalogue.keys import schema

    yield json.dumps(schema(), indent=2)


def _catalogues() -> Iterator[str]:
    """Each catalogue with its resources, and the declarations of the project that replace what ships."""
    from flake8_naq.catalogue.index import BUILT_IN, choices
    from flake8_naq.catalogue.library import library_names, shipped
    from flake8_naq.catalogue.loader import builtin_resources
    from flake8_naq.project.settings import read_settings

    settings = read_settings(Path.cwd())
    found = choices(settings.catalogues)
    own = {name: one for one in settings.resources for name in (*one.acquire, *one.construct)}
    yield f"{BUILT_IN}: on, always"
    yield from (f"  on  {one.name}: {', '.join(sorted(one.acquire))}" for one in builtin_resources())
    for name in library_names():
        library, choice = shipped(name), found[name]
        version = f" {library.version}" if library.version else ""
        yield f"{name}: {'on where imported' if choice.on else 'off'} ({library.title}{version})"
        on = library.chosen(choice)
        for one in library.resources:
            names = sorted(one.acquire | one.construct)
            yield f"  {'on ' if one in on else 'off'} {one.name}: {', '.join(names)}"
            yield from (f"      '{known}' is replaced by {own[known].source}" for known in names if known in own)
    for one in settings.resources:
        yield f"{one.source}: on"
        yield f"  on  {one.name}: {', '.join(sorted(one.acquire | one.construct))}"
