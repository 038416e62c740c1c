"""What is mutated, and which tests can notice it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_LINT = "lint_plugin/flake8_naq"
_NAQ = "src/naq"


class Area(NamedTuple):
    """Sources and their tests: `mapped` ones are chosen by the lines that they run.

    Those of `last` run for survivors in a folder of the sources; they execute generated programs and take long. A test
    there is `file` or `file::part of its name`.
    """

    name: str
    sources: tuple[str, ...]
    mapped: tuple[str, ...]
    left_out: tuple[str, ...]
    last: dict[str, tuple[str, ...]]

    def files(self, root: Path) -> list[str]:
        """Return the files and folders of the area's tests, as arguments of pytest."""
        last = (name.partition("::")[0] for names in self.last.values() for name in names)
        return tests((*self.mapped, *last), root)

    def mapped_of(self, names: list[str], root: Path) -> list[str]:
        """Return the tests among `names` that may be chosen by line."""
        folders = tuple(tests(self.mapped, root))
        named = (name for name in names if name.startswith(folders))
        return [name for name in named if not any(word in name.lower() for word in self.left_out)]

    def last_of(self, names: list[str], path: str) -> list[str]:
        """Return the tests among `names` that a survivor in the file runs at the end."""
        wanted = next((tests for folder, tests in self.last.items() if path.startswith(f"{folder}/")), ())
        parts = [one.partition("::") for one in wanted]
        return [
            name
            for name in names
            if any(file in name.partition("::")[0] and word in name.partition("::")[2] for file, _, word in parts)
        ]


_VERDICTS = tuple(f"lint/truth/test_truth.py::{word}" for word in ("guard", "loop", "made", "retry", "drawn-0"))
_FIXES = ("lint/fixer/test_command.py", "lint/report", "lint/run", "lint/fixer/truth/test_no_harm.py")
_REPORTS = ("lint/inventory", "lint/report", "integration/lint/test_command.py")
# Of a file that is left out of the mapped tests, the reason is that it takes minutes or starts other processes.
AREAS = (
    Area(
        "linter",
        tuple(
            f"{_LINT}/{folder}"
            for folder in ("prescan", "cfg", "dataflow", "facts", "rules", "linking", "edits", "fixer", "migration")
        ),
        (
            "lint/syntax", "lint/prescan", "lint/cfg", "lint/dataflow", "lint/facts", "lint/rules", "lint/catalogue",
            "lint/linking", "lint/test_engine.py", "lint/edits", "lint/fixer/*.py", "lint/migration",
            "lint/inventory", "lint/test_robustness.py", "lint/cli/test_pages.py", "lint/run/test_check_files.py",
            "lint/run/test_planned_fixes.py",
        ),
        ("many_functions", "examples_at_work", "command", "absurd"),
        {
            **dict.fromkeys((f"{_LINT}/{folder}" for folder in ("prescan", "cfg", "dataflow", "facts")), _VERDICTS),
            **dict.fromkeys((f"{_LINT}/edits", f"{_LINT}/fixer", f"{_LINT}/migration"), _FIXES),
            f"{_LINT}/rules": _REPORTS,
        },
    ),
    Area(
        "library",
        (f"{_NAQ}/worker/settlement.py", f"{_NAQ}/retry.py", f"{_NAQ}/job.py", f"{_NAQ}/connection"),
        (
            "naq/connection", "naq/worker", "naq/queue/test_core.py", "naq/test_job.py", "naq/test_retry.py",
            "integration/naq", "integration/*.py", "test_queue_core.py", "test_worker_core.py",
        ),
        ("cluster", "secure", "memory"),
        {f"{_NAQ}/connection": ("naq/connection/test_secure.py", "naq/test_permissions.py")},
    ),
)  # fmt: skip
# The last tests are made small: a mutant that survives the others runs all of them.
ENVIRONMENT = {"NAQ_TRUTH_DRAWN": "100", "NAQ_HARMLESS": "100"}


def sources(area: Area, root: Path) -> list[Path]:
    """Return the files of an area that exist, sorted; `__init__.py` has nothing to mutate."""
    found: set[Path] = set()
    for name in area.sources:
        path = root / name
        found.update([path] if path.is_file() else path.rglob("*.py"))
    return sorted(path for path in found if path.name != "__init__.py")


def module(path: Path, root: Path) -> str:
    """Return the name of the module in a source file: a distribution's package is in the second folder."""
    return ".".join(path.relative_to(root).with_suffix("").parts[1:])


def tests(patterns: tuple[str, ...], root: Path) -> list[str]:
    """Return the test files and folders that exist, in `tests` or in `tests/unit`, relative to `root`."""
    found = [
        str(path.relative_to(root))
        for pattern in patterns
        for folder in ("tests", "tests/unit")
        for path in sorted((root / folder).glob(pattern))
    ]
    return list(dict.fromkeys(found))
