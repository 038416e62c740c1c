"""The documentation site, for Sphinx: `make site` writes it to build/site.

Sphinx, because it is maintained, checks every link between pages, and reads docstrings; MyST, because the pages are
Markdown that is read in the repository, too. Building and reading the site asks no other host for anything.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent
# Set it before the first release, with the addresses in both pyproject.toml.
REPOSITORY = "https://example.org/your/naq"

project = "naq and flake8-naq"
author = "The naq authors"
extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = project
html_copy_source = False
html_show_copyright = False
# Headings are targets of links, as they are in the repository.
myst_heading_anchors = 4
# Names stand between single backquotes in docstrings.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
python_maximum_signature_line_length = 100

# Pages of the site that are files of the repository's root.
_ROOTED = {"changelog": "CHANGELOG.md", "security": "SECURITY.md"}
# A link of Markdown to a file, with what follows its path.
_LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")
_TITLED = re.compile(r"^```(\w+) title=\"([^\"]+)\"$", re.MULTILINE)


def read(app: Sphinx, name: str, source: list[str]) -> None:
    """Replace the text of a page: files of the root, links that lead out of `docs`, and titles of blocks."""
    page = ROOT / _ROOTED[name] if name in _ROOTED else ROOT / "docs" / f"{name}.md"
    text = page.read_text("utf-8") if name in _ROOTED else source[0]
    up = "../" * name.count("/")
    text = _LINK.sub(lambda match: f"]({_address(page.parent / match[1], up) or match[1]}{match[2] or ''})", text)
    source[0] = _TITLED.sub(r"```{code-block} \1\n:caption: \2\n", text)


def _address(target: Path, up: str) -> str:
    """Return the link to a file of the repository from a page with `up` folders above it; empty if there is none."""
    path = target.resolve()
    if not path.exists():
        return ""
    name = path.relative_to(ROOT).as_posix()
    of_root = {source: page for page, source in _ROOTED.items()}
    if name in of_root:
        return f"{up}{of_root[name]}.md"
    return up + name.removeprefix("docs/") if name.startswith("docs/") else f"{REPOSITORY}/blob/main/{name}"


def setup(app: Sphinx) -> None:
    """Have the text of each page passed through `read`."""
    app.connect("source-read", read)
