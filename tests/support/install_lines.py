"""The lines of the documents that install what is built from this repository."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "lint_plugin/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").glob("*.py")),
]
# Where the documents say that the repository is.
ADDRESS = "https://example.org/your/naq"
# In a sentence, behind a prompt, in a step of a workflow; a magic of a notebook is something else.
_LINE = re.compile(r"(?<!!)pip install (?:[^`#\n]|(?<=\S)#)*")
_FROM_HERE = re.compile(r"git\+|\./|'\.|example\.org")


class Install(NamedTuple):
    """A command, whether it needs a release, and whether the line with it says so."""

    command: str
    needs_release: bool
    says_so: bool

    def distributions(self) -> set[str]:
        """Return which of ours it names."""
        named = {"lint_plugin" if "/lint_plugin" in word else re.split(r"[\[ /]", word)[0] for word in shlex.split(self.command)[2:]}
        return {{".": "naq", "lint_plugin": "flake8-naq"}.get(name, name) for name in named} & {"naq", "flake8-naq"}


def installs() -> list[Install]:
    """Return each different command once; where lines say different things of it, each of them."""
    found: dict[Install, None] = {}
    for page in PAGES:
        for line in page.read_text("utf-8").splitlines():
            for command in map(str.strip, _LINE.findall(line)):
                if _FROM_HERE.search(command) or re.search(r"\bnaq\b", command):
                    found[Install(command, not _FROM_HERE.search(command), "once" in line.lower())] = None
    return list(found)
