"""The documentation site, as far as it can be judged without building it: `make site` builds it, and warnings are errors."""

from __future__ import annotations

import importlib.util
import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
# Pages of the repository that are read there, with what they link to.
READ = [*PAGES, *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "lint_plugin/README.md"))]
FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
TREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def named_by(page: Path) -> set[Path]:
    """The pages that the navigation of a page names."""
    entries = {line for tree in TREE.findall(page.read_text("utf-8")) for line in tree.splitlines() if line[:1] not in ("", ":")}
    return {found for entry in entries for found in page.parent.glob(f"{entry}.md")}


def anchors(page: Path) -> set[str]:
    """The targets that headings make, as the repository's host and the site name them."""
    text = FENCED.sub("", page.read_text("utf-8"))
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.fixture(scope="module")
def conf() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_conf", DOCS / "conf.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_navigation_names_all_pages() -> None:
    named = named_by(DOCS / "index.md")
    assert {DOCS / "index.md", *named, *named_by(DOCS / "rules" / "index.md")} == set(PAGES)


def test_each_entry_of_the_navigation_is_one_page() -> None:
    entries = [line for tree in TREE.findall((DOCS / "index.md").read_text("utf-8")) for line in tree.splitlines() if line[:1] not in ("", ":")]
    assert sorted(set(entries)) == sorted(entries)
    assert [entry for entry in entries if not (DOCS / f"{entry}.md").is_file()] == []


@pytest.mark.parametrize("page", READ, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_each_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    wrong = []
    for link in LINK.findall(FENCED.sub("", page.read_text("utf-8"))):
        path, _, anchor = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (page.parent / path) if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


def test_what_the_pages_of_the_api_name_exists() -> None:
    named = {name for page in (DOCS / "api").glob("*.md") for name in re.findall(r"auto\w+:: (\S+)", page.read_text("utf-8"))}
    assert len(named) > 20
    for name in named:
        home, _, last = name.rpartition(".")
        assert hasattr(import_module(home), last) or import_module(name)


def shown(conf: ModuleType, name: str, text: str) -> str:
    """What the site makes of the text of a page."""
    source = [text]
    conf.read(None, name, source)
    return source[0]


def test_files_of_the_root_are_pages(conf: ModuleType) -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert shown(conf, "changelog", "") == text.replace("](docs/", "](").replace("](SECURITY.md", "](security.md")
    assert "(permissions.md)" in shown(conf, "security", "")


@pytest.mark.parametrize(
    ("page", "link", "expected"),
    [
        ("permissions", "../SECURITY.md#a", "security.md#a"),
        ("guide/queue", "../../CHANGELOG.md", "../changelog.md"),
        ("guide/queue", "../guarantees.md#working", "../guarantees.md#working"),
        ("index", "../examples/quickstart.py", "https://example.org/your/naq/blob/main/examples/quickstart.py"),
        ("index", "https://nats.io/a.md", "https://nats.io/a.md"),
        ("index", "not-there.md", "not-there.md"),
    ],
)
def test_links_lead_to_pages_or_to_the_repository(conf: ModuleType, page: str, link: str, expected: str) -> None:
    assert shown(conf, page, f"[a]({link})") == f"[a]({expected})"


def test_a_block_with_a_title_has_a_caption(conf: ModuleType) -> None:
    text = '```python title="a.py"\nx = 1\n```\n\n```python\ny = 2\n```\n'
    assert shown(conf, "index", text) == "```{code-block} python\n:caption: a.py\n\nx = 1\n```\n\n```python\ny = 2\n```\n"


def test_the_repository_is_that_of_the_distributions(conf: ModuleType) -> None:
    assert f'Repository = "{conf.REPOSITORY}"' in (ROOT / "pyproject.toml").read_text("utf-8")
