"""flake8's own options, read from its configuration file for the command, and its decisions on what is reported.

Which codes are selected, what `# noqa` silences and what per-file-ignores say is asked of flake8's own code, imported
only once there is something to decide.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flake8_naq.project.codes import off_by_default
from flake8_naq.project.discovery import FILENAMES, rooted
from flake8_naq.project.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from flake8_naq.model import Finding

_FILES = ("setup.cfg", "tox.ini", ".flake8")
_MARKS = (b"[flake8]", b"[flake8:local-plugins]")
_CODE = re.compile("[A-Z]{1,3}[0-9]{0,3}", re.ASCII)
# A string whose expressions may begin on other lines than the string.
_FORMATTED = re.compile(r"""(?:[ft]r?|r[ft])(?:"{3}|'{3})""", re.IGNORECASE)
Sections = Mapping[str, Mapping[str, str]]


class Options(NamedTuple):
    """The part of flake8's options that decides about our findings; None is flake8's default."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] | None = None
    extend_ignore: tuple[str, ...] = ()
    per_file_ignores: str = ""
    disable_noqa: bool = False
    exclude: tuple[str, ...] = ()
    extend_exclude: tuple[str, ...] = ()
    filenames: tuple[str, ...] = FILENAMES
    naq_baseline: str | None = None

    @property
    def excluded(self) -> tuple[str, ...]:
        """Patterns of the files and folders that are skipped."""
        return (*self.exclude, *self.extend_exclude)


class OptionsError(ValueError):
    """A flake8 configuration that cannot be used."""


def read_options(directory: Path) -> tuple[Options, Path | None]:
    """The options of the flake8 configuration that flake8 would use in `directory`, and its file where there is one."""
    found = find_config(directory)
    return (_parse(*found), found[0]) if found else (Options(), None)


def read_config(path: Path) -> Options:
    """The options of a file that is named; OptionsError where it cannot be used."""
    try:
        sections = _sections(path, path.read_bytes())
    except OSError as error:
        raise OptionsError(f"{path}: cannot be read: {error.strerror}") from error
    if sections is None:
        raise OptionsError(f"{path}: expected a configuration of flake8, an INI file in UTF-8")
    return _parse(path, sections)


_OURS = "NAQ"


def own_selection(options: Options, where: str, replaced: Collection[str] = ()) -> tuple[Options, str]:
    """The options without selections that are not about our codes, and a note about them, empty where there are none.

    `select = E9,F` is an ordinary line that says nothing of NAQ, and so does `ignore = N`, meant for another plugin.
    flake8 reports no NAQ code then; the command reports its rules. Entries that begin with NAQ hold. `where` is the
    configuration file, `replaced` the options in whose place the command line puts others: these need no note.
    """
    options = Options(**{**options._asdict(), **{key: Options._field_defaults[key] for key in replaced}})
    notes = []
    if options.select is not None and not any(map(_is_about_us, (*options.select, *options.extend_select))):
        notes.append(f"select = {','.join(options.select)} leaves out NAQ")
        options = options._replace(select=None)
    for key in ("ignore", "extend_ignore"):
        codes: tuple[str, ...] = getattr(options, key) or ()
        foreign = [code for code in codes if _is_about_us(code) and not code.startswith(_OURS)]
        if foreign:
            notes.append(f"{key.replace('_', '-')} = {','.join(foreign)} includes NAQ")
            kept = tuple(code for code in codes if code not in foreign)
            options = options._replace(ignore=kept) if key == "ignore" else options._replace(extend_ignore=kept)
    if notes:
        what = " and ".join(notes)
        return options, (
            f"{where}: {what}, so flake8 reports no NAQ code; flake8-naq does. Add NAQ to extend-select there, "
            "or turn codes off by their names (extend-ignore = NAQ101)"
        )
    if _OURS in (*(options.ignore or ()), *options.extend_ignore) and not _selects_us(options):
        return options, f"{where}: NAQ is ignored, so no NAQ code is reported"
    return options, ""


def _is_about_us(code: str) -> bool:
    return code.startswith(_OURS) or _OURS.startswith(code)


def _selects_us(options: Options) -> bool:
    return any(code.startswith(_OURS) for code in (*(options.select or ()), *options.extend_select))


def written_out(*selections: Iterable[str] | None) -> frozenset[str]:
    """The codes that selections name in full: these turn on a rule that is off by default, a prefix does not."""
    return frozenset(code.upper() for codes in selections for code in codes or ())


def find_config(directory: Path) -> tuple[Path, Sections] | None:
    """The flake8 configuration at or above `directory`, and its sections; a file that is not an INI file is skipped."""
    home = Path(os.path.expanduser("~"))
    for folder in (directory, *directory.parents):
        if folder == home and folder != directory:
            break
        for name in _FILES:
            path = folder / name
            try:
                data = path.read_bytes()
            except OSError:
                continue
            sections = _sections(path, data) if any(mark in data for mark in _MARKS) else None
            if sections is not None and ("flake8" in sections or "flake8:local-plugins" in sections):
                return path, sections
    return None


def _sections(path: Path, data: bytes) -> Sections | None:
    """Return what flake8 reads from the file; None if flake8 skips it. Raises OptionsError where flake8 stops."""
    import configparser  # most projects have the file, many runs do not

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(data.decode("utf-8"), str(path))
    except (UnicodeDecodeError, configparser.ParsingError):
        return None
    except configparser.Error as error:
        raise OptionsError(f"{path}: {' '.join(str(error).split())}") from error
    return parser


def baseline_path(value: str | None, folder: Path) -> str | None:
    """The option `naq-baseline` as a path from the configuration's folder; empty turns it off, None is not set."""
    if value is None or not value.strip():
        return value and ""
    return str(folder / value.strip())


def _parse(path: Path, sections: Sections) -> Options:
    if "flake8" not in sections:
        return Options()
    section = {key.replace("_", "-"): value for key, value in sections["flake8"].items()}

    def listed(key: str) -> tuple[str, ...] | None:
        return split(section[key]) if key in section else None

    return Options(
        select=listed("select"),
        extend_select=listed("extend-select") or (),
        ignore=_codes(listed("ignore"), f"{path}: ignore"),
        extend_ignore=_codes(listed("extend-ignore"), f"{path}: extend-ignore") or (),
        per_file_ignores=_mapping(section.get("per-file-ignores", ""), path),
        disable_noqa=_boolean(section.get("disable-noqa", "no"), path, "disable-noqa"),
        exclude=rooted(listed("exclude") or (), path.parent),
        extend_exclude=rooted(listed("extend-exclude") or (), path.parent),
        filenames=_or(listed("filename"), FILENAMES),
        naq_baseline=baseline_path(section.get("naq-baseline"), path.parent),
    )


def _codes(given: tuple[str, ...] | None, where: str) -> tuple[str, ...] | None:
    return None if given is None else checked_codes(given, where)


def checked_codes(given: tuple[str, ...], where: str) -> tuple[str, ...]:
    """Return the codes, also those of other plugins. Raises OptionsError, with `where`, for what flake8 rejects."""
    for code in given:
        if not _CODE.fullmatch(code):
            raise OptionsError(f"{where}: expected codes such as NAQ101, got {code!r}")
    return given


def _boolean(text: str, path: Path, key: str) -> bool:
    states = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}
    if text.lower() not in states:
        raise OptionsError(f"{path}: {key}: expected true or false, got {text!r}")
    return states[text.lower()]


def _mapping(text: str, path: Path) -> str:
    """Files and codes, read by flake8 itself."""
    if not text.strip():
        return ""
    from flake8.exceptions import ExecutionError
    from flake8.utils import parse_files_to_codes_mapping

    try:
        parse_files_to_codes_mapping(text)
    except ExecutionError as error:
        shown = " ".join(text.split())
        raise OptionsError(f"{path}: per-file-ignores: expected FILES: CODES on each line, got {shown!r}") from error
    return text


def _or(given: tuple[str, ...] | None, default: tuple[str, ...]) -> tuple[str, ...]:
    return default if given is None else given


def split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.replace(",", " ").split() if part)


def selected(codes: Iterable[str], options: argparse.Namespace) -> frozenset[str]:
    """Return the `codes` that flake8 reports in some file: settings for single files only remove codes."""
    from flake8.style_guide import Decision, DecisionEngine

    engine = DecisionEngine(options)
    return frozenset(code for code in codes if engine.decision_for(code) is Decision.Selected)


class Decider:
    """The decision on each finding: by `[tool.flake8-naq]`, then by flake8: selected or not, silenced by a comment."""

    def __init__(
        self, options: argparse.Namespace, selection: Selection = EVERYTHING, off: frozenset[str] = frozenset()
    ) -> None:
        """*options*: flake8's own, complete; `off`: codes that are reported under no selection."""
        from flake8.formatting.base import BaseFormatter
        from flake8.style_guide import StyleGuideManager

        class _Nothing(BaseFormatter):
            def handle(self, error: object) -> None:
                """The reporters print, not flake8."""

        self._options = options
        self._off = off
        self._selection = selection
        self._guides = StyleGuideManager(options, _Nothing(options))

    @classmethod
    def of(cls, options: Options, selection: Selection) -> Decider:
        """For the command, which has read the part of the options that matters here; the rest is flake8's default."""
        turned_on = selection.turned_on
        off = off_by_default() - turned_on - written_out(options.select, options.extend_select)
        namespace = argparse.Namespace(
            select=_list(options.select),
            extend_select=list(options.extend_select),
            ignore=_list(options.ignore),
            extend_ignore=list(options.extend_ignore),
            extended_default_select=["NAQ"],
            extended_default_ignore=sorted(off_by_default() - turned_on),
            per_file_ignores=options.per_file_ignores,
            disable_noqa=options.disable_noqa,
            output_file=None,
            color="never",
            tee=False,
            show_source=False,
            doctests=False,
            max_doc_length=None,
            max_line_length=79,
            indent_size=4,
            hang_closing=False,
            stdin_display_name="stdin",
            verbose=0,
        )
        return cls(namespace, selection, off)

    def selected(self, codes: Iterable[str]) -> frozenset[str]:
        """Those of `codes` that are reported in some file."""
        return frozenset(filter(self._selection.permits, selected(codes, self._options) - self._off))

    def reported(self, path: str, findings: Sequence[Finding], lines: list[str]) -> list[Finding]:
        """Those of `findings` that flake8 would report for the file."""
        noqa = self._noqa_lines(path, findings, lines)
        if noqa is None:
            return []
        handle = self._guides.handle_error
        possible = [f for f in self._selection.reported(path, findings) if f.code not in self._off]
        return [f for f in possible if handle(f.code, path, f.line, f.column - 1, f.message, noqa.get(f.line))]

    def _noqa_lines(self, path: str, findings: Sequence[Finding], lines: list[str]) -> dict[int, str | None] | None:
        """The text in which flake8 looks for `# noqa`, by line; None where the whole file is silenced."""
        if self._options.disable_noqa or not any("noqa" in line.lower() for line in lines):
            return {finding.line: "" for finding in findings}
        from flake8.processor import FileProcessor  # it imports all that loads plugins

        processor = FileProcessor(path, self._options, lines=list(lines))
        if processor.should_ignore_file():
            return None
        alone = not any(_FORMATTED.search(line) for line in lines)
        return {
            line: lines[line - 1] if alone and _is_alone(lines, line) else processor.noqa_line_for(line)
            for line in {finding.line for finding in findings}
        }


def _is_alone(lines: list[str], number: int) -> bool:
    """Return whether flake8 surely looks for `# noqa` in the line alone: no string and no backslash continues it.

    The line begins an expression, so that no string goes across it. To look for its neighbours, flake8 splits the whole
    file into tokens.
    """
    if not 1 < number <= len(lines):  # the first line may begin with a byte order mark
        return False
    line = lines[number - 1]
    continued = any(one.rstrip("\r\n").endswith("\\") for one in lines[number - 2 : number])
    return not continued and '"""' not in line and "'''" not in line


def _list(codes: tuple[str, ...] | None) -> list[str] | None:
    return None if codes is None else list(codes)
