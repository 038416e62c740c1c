"""What counts for a run, as lines of text: the files, and the settings with the file that each comes from."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from flake8_naq.cli.baseline_option import baseline_file
from flake8_naq.cli.common import Context, wanted_files
from flake8_naq.project.codes import all_codes, off_by_default
from flake8_naq.project.discovery import LEFT_OUT
from flake8_naq.project.flake8_options import Decider, Options
from flake8_naq.project.selection import Selection
from flake8_naq.project.settings import settings_file


def files(paths: Sequence[str], context: Context) -> Iterator[str]:
    """The files that would be checked, in order."""
    return wanted_files(paths, context)


def settings(parsed: argparse.Namespace, context: Context) -> Iterator[str]:
    """Which configuration files hold, which rules are on, which files count, and what else is set."""
    file = context.flake8_file
    yield f"pyproject.toml: {settings_file(Path.cwd()) or 'none with [tool.flake8-naq]'}"
    yield f"flake8: {Path(file).absolute() if file else 'no configuration'}"
    on = Decider.of(context.options, context.settings.selection).selected(all_codes())
    yield f"on: {', '.join(sorted(on))}"
    yield f"off: {', '.join(sorted(set(all_codes()) - on)) or 'none'}"
    for name in ("exclude", "extend_exclude", "filenames"):
        value, before = getattr(context.options, name), getattr(context.configured, name)
        source = "default" if value == Options._field_defaults[name] else file if value == before else "command line"
        yield f"{name.replace('_', '-')}: {' '.join(value) or 'none'} ({source})"
    yield f"left out unless named: {' '.join(LEFT_OUT)}, virtual environments, and what git ignores"
    yield from _selection(context.settings.selection)
    yield f"per-file-ignores: {' '.join(context.options.per_file_ignores.split()) or 'none'}"
    if context.settings.notebooks:
        yield "notebooks: those in folders, too (pyproject.toml)"
    if context.settings.scripts:
        yield "scripts: what is open until the process ends is reported (pyproject.toml)"
    yield f"baseline: {baseline_file(parsed, context) or 'none'}"
    declared = ", ".join(resource.name for resource in context.settings.resources)
    yield f"resources: {declared or 'those of the catalogue'}"
    yield f"off by default, on when named in full: {', '.join(sorted(off_by_default()))}"


def _selection(selection: Selection) -> Iterator[str]:
    """What `[tool.flake8-naq]` sets of codes and files."""
    listed = {
        "select": selection.select or (),
        "extend-select": selection.extend_select,
        "ignore": selection.ignore,
        "extend-ignore": selection.extend_ignore,
        "exclude": selection.exclude,
        "per-file-ignores": [f"{pattern}:{','.join(codes)}" for pattern, codes in selection.per_file_ignores],
    }
    yield from (f"{name}: {' '.join(values)} (pyproject.toml)" for name, values in listed.items() if values)
