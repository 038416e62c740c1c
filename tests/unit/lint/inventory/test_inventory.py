"""The inventory: which connections it lists, what it says of each, and that its four forms say the same."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from flake8_naq.inventory.model import Inventory, Progress
from flake8_naq.inventory.take import priority_of
from flake8_naq.report import inventory_html
from lint.process import naq

ROOT = Path(__file__).parents[4]
IMPORTS = """\
import nats
from naq.config import Config
from naq.connection import (
    close_nats_connection, get_jetstream_context, get_nats_connection, nats_connection, nats_jetstream, nats_kv_store,
)
"""
# Function, what it does, and what the inventory says: pattern, state, rule, manager.
CASES = {
    "simple": (
        "async with nats_connection(config) as conn:\n        await conn.publish('a', b'b')",
        ("A", "managed", None, "nats_connection"),
    ),
    "stream": (
        "async with nats_jetstream(config) as (conn, js):\n        await js.publish('a', b'b')",
        ("B", "managed", None, "nats_jetstream"),
    ),
    "bucket": (
        "async with nats_kv_store('b', config) as kv:\n        await kv.put('a', b'b')",
        ("C", "managed", None, "nats_kv_store"),
    ),
    "several": (
        "async with nats_jetstream(config) as (conn, js):\n"
        "        await js.publish('a', b'b')\n        await conn.publish('a', b'b')",
        ("D", "managed", None, "nats_jetstream"),
    ),
    "plain": (
        "async with await nats.connect() as nc:\n        await nc.publish('a', b'b')",
        ("A", "managed", None, None),
    ),
    "by_hand": (
        "nc = await get_nats_connection()\n    try:\n        js = await get_jetstream_context(nc)\n"
        "        kv = await js.key_value('b')\n        await kv.put('a', b'b')\n"
        "    finally:\n        await close_nats_connection(nc)",
        ("C", "closed by hand", "NAQ101", "async with nats_kv_store('b', config) as kv"),
    ),
    "leak": (
        "nc = await get_nats_connection()\n    js = await get_jetstream_context(nc)\n"
        "    await js.publish('a', b'b')\n    await close_nats_connection(nc)",
        ("B", "leaks on some paths", "NAQ102", "async with nats_jetstream(config) as (conn, js)"),
    ),
    "never": (
        "nc = await get_nats_connection()\n    await nc.publish('a', b'b')",
        ("A", "never closed", "NAQ103", "async with nats_connection(config) as conn"),
    ),
    "not_awaited": (
        "nc = await get_nats_connection()\n    await nc.publish('a', b'b')\n    close_nats_connection(nc)",
        ("A", "never closed", "NAQ109", "async with nats_connection(config) as conn"),
    ),
    "not_entered": (
        "manager = nats_jetstream(config)\n    print(config)",
        ("B", "never closed", "NAQ110", "async with nats_jetstream(config) as (conn, js)"),
    ),
    "given": (
        "nc = await get_nats_connection()\n    return nc",
        ("A", "handed off", None, None),
    ),
}  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    functions = [f"\n\nasync def {name}(config: Config):\n    {body}\n" for name, (body, _) in CASES.items()]
    (tmp_path / "queue").mkdir()
    (tmp_path / "queue" / "all.py").write_text(IMPORTS + "".join(functions))
    silenced = "\n\nasync def meant():\n    nc = await nats.connect()  # noqa: NAQ103\n    await nc.flush()\n"
    (tmp_path / "other <&>.py").write_text(IMPORTS + silenced)
    (tmp_path / "pyproject.toml").write_text('[tool.flake8-naq.priority]\nhigh = ["queue"]\n')
    return tmp_path


def inventory(folder: Path, *arguments: str) -> dict[str, Any]:
    done = naq("inventory", "--output-format", "json", *arguments, cwd=folder)
    assert done.stderr == ""
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("name", CASES)
def test_each_connection_is_listed_once_with_its_pattern_state_rule_and_manager(tree: Path, name: str) -> None:
    found = [entry for entry in inventory(tree)["connections"] if entry["function"] == name]
    assert [(e["pattern"], e["state"], e["rule"], e["manager"]) for e in found] == [CASES[name][1]]
    assert found[0]["priority"] == "high"


def test_what_the_fixer_can_do_is_said(tree: Path) -> None:
    fixes = {entry["function"]: entry["fix"] for entry in inventory(tree)["connections"]}
    assert fixes["by_hand"] in ("safe", "unsafe")
    assert fixes["leak"] in ("safe", "unsafe")
    assert fixes["simple"] is fixes["given"] is None
    assert fixes["not_awaited"] == "safe"  # the fix of the release, with which the acquisition becomes a block


def test_totals_count_what_is_to_be_migrated(tree: Path) -> None:
    totals = inventory(tree)["totals"]
    assert (totals["migrated"], totals["total"], totals["connections"], totals["files"]) == (5, 10, 12, 2)
    assert totals["by_priority"] == {"high": {"migrated": 5, "total": 10}, "medium": {"migrated": 0, "total": 0}}
    assert totals["by_pattern"]["D"] == {"migrated": 1, "total": 1}
    assert totals["by_state"] == {
        "managed": 5, "closed by hand": 1, "leaks on some paths": 1, "never closed": 4, "handed off": 1,
    }  # fmt: skip


def test_the_most_urgent_stands_first_and_what_is_silenced_is_marked(tree: Path) -> None:
    found = inventory(tree)["connections"]
    assert [entry["path"] for entry in found] == ["queue/all.py"] * 11 + ["other <&>.py"]
    assert [entry["silenced"] for entry in found] == [False] * 11 + [True]


def test_table_and_markdown_say_the_same(tree: Path) -> None:
    table = naq("inventory", cwd=tree).stdout
    assert "5 of 10 migrated (50 %), 12 connections in 2 files\n" in table
    assert re.search(r"^high +C +queue/all\.py:\d+ +by_hand +closed by hand +NAQ101 .* async with nats_kv_store", table, re.M)
    page = naq("inventory", "--output-format", "markdown", cwd=tree).stdout
    assert page.startswith("# Connections: 5 of 10 migrated (50 %)\n")
    assert "| `queue/all.py` | 5 | 10 | █████░░░░░ |" in page
    assert {line.count(" | ") for line in page.splitlines() if "NAQ10" in line} == {7}


class Page(HTMLParser):
    """What a page has: its text, its elements, and whether each that is opened is closed."""

    VOID = ("meta", "input", "wbr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("href", "src")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_and_needs_no_network(tree: Path) -> None:
    assert naq("inventory", "--output-format", "html", "--output-file", "out.html", cwd=tree).stdout == ""
    text = (tree / "out.html").read_text("utf-8")
    page = Page(text)
    assert (page.open, page.links) == ([], [])
    assert "script" not in page.tags
    assert "url(" not in text.replace("url(#clip", "")
    assert "5 of 10 connections are migrated" in page.text
    assert "other <&>.py" in page.text
    assert "async with nats_kv_store('b', config) as kv" in page.text
    assert page.tags.count("svg") == 2


def test_a_page_without_connections_or_with_everything_done(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("")
    assert "No connection here" in naq("inventory", "--output-format", "html", cwd=tmp_path).stdout
    assert naq("inventory", cwd=tmp_path).stdout.startswith("0 of 0 migrated (100 %), 0 connections in 1 file\n")
    (tmp_path / "a.py").write_text(IMPORTS + "\n\nasync def f():\n    async with nats_connection() as conn:\n        await conn.flush()\n")
    page = Page(naq("inventory", "--output-format", "html", cwd=tmp_path).stdout)
    assert page.open == []
    assert "1 of 1 connections are managed" in page.text


def test_the_picture_of_a_large_tree_has_few_rows(tree: Path) -> None:
    for number in range(30):
        folder = tree / f"part{number}" / "inner"
        folder.mkdir(parents=True)
        (folder / "m.py").write_text("import nats\n\nasync def f():\n    nc = await nats.connect()\n    await nc.flush()\n")
    page = Page(naq("inventory", "--output-format", "html", cwd=tree).stdout)
    assert page.tags.count("clippath") == 24
    assert "9 others" in page.text


def test_a_file_that_cannot_be_read_is_said_and_shown(tree: Path) -> None:
    (tree / "broken.py").write_text("import nats\nnats.connect(\n")
    for output in ("table", "markdown", "json", "html"):
        done = naq("inventory", "--output-format", output, cwd=tree)
        assert done.returncode == 2
        assert "broken.py: line 2: not checked" in done.stderr
        assert "by_hand" in done.stdout
    assert "Not looked at" in done.stdout


def test_bad_usage_is_one_line(tree: Path) -> None:
    for arguments in (("absent",), ("--output-file", "absent/x")):
        done = naq("inventory", *arguments, cwd=tree)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/app/queue/core.py", "high"),
        ("src/queue.py", "high"),
        ("src/queues/core.py", "medium"),
        ("lib/app/deep/x.py", "low"),
        ("x/lib/app/deep/x.py", "low"),
        ("lib/application.py", "medium"),
        ("test_events.py", "high"),
        ("src/one/two.py", "low"),
    ],
)
def test_priorities_by_name_and_by_path(path: str, expected: str) -> None:
    pairs = (("high", "queue"), ("high", "*events"), ("low", "lib/app/"), ("low", "one/two.py"))
    assert priority_of(path, pairs) == expected


PRIORITIES = {
    "priority = 1": "expected a table",
    "[tool.flake8-naq.priority]\nurgent = ['a']": "unknown key 'urgent'; expected one of high, medium, low",
    "[tool.flake8-naq.priority]\nhigh = 'queue'": "priority.high: expected a list of path patterns",
}


@pytest.mark.parametrize("text", PRIORITIES)
def test_a_broken_priority_is_refused(tree: Path, text: str) -> None:
    head = "" if text.startswith("[") else "[tool.flake8-naq]\n"
    (tree / "pyproject.toml").write_text(f"{head}{text}\n")
    done = naq("inventory", cwd=tree)
    assert done.returncode == 2
    assert PRIORITIES[text] in done.stderr


def test_our_own_modules_are_all_migrated() -> None:
    totals = inventory(ROOT, "src")["totals"]
    assert totals["total"] > 0
    assert totals["migrated"] == totals["total"]


def test_progress_is_rounded_down_and_nothing_is_all() -> None:
    assert (Progress(199, 200).percent, Progress(0, 0).percent, str(Progress(31, 44))) == (99, 100, "31 of 44 migrated")
    assert "No connection here" in inventory_html.render(Inventory((), 0))


def test_a_line_break_in_a_name_breaks_no_row(tmp_path: Path) -> None:
    source = "import nats\n\nasync def f():\n    nc = await nats.connect()\n    await nc.flush()\n"
    (tmp_path / "line\nbreak.py").write_text(source)
    [row] = [line for line in naq("inventory", cwd=tmp_path).stdout.splitlines() if "NAQ103" in line]
    assert "line break.py:4" in row


def page_of(folder: Path) -> str:
    done = naq("inventory", "--output-format", "html", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def rows_of(page: str, table: str) -> list[str]:
    """Return the file headings and the rules of a table, in its order."""
    [text] = re.findall(rf'<table class="{table}">(.*?)</table>', page, re.DOTALL)
    cells = re.findall(r'<tr class="file"><th.*?<code>(.*?)</code>|<td class="rule">(NAQ\d+)', text)
    return [(path or rule).replace("<wbr>", "") for path, rule in cells]


@pytest.fixture
def harms(tmp_path: Path) -> Path:
    """Three files, whose order by path is not that by harm."""
    by_hand, leak, never = (CASES[name][0] for name in ("by_hand", "leak", "never"))
    for path, bodies in {"a.py": [by_hand], "b.py": [by_hand, leak], "c d.py": [leak, never]}.items():
        methods = "".join(f"\n    async def m{n}(self, config):\n        " + b.replace("\n", "\n    ") for n, b in enumerate(bodies))
        (tmp_path / path).write_text(f"{IMPORTS}\n\nclass Orders:{methods}\n")
    return tmp_path


def test_what_is_left_is_sorted_by_harm_and_by_file(harms: Path) -> None:
    page = page_of(harms)
    assert rows_of(page, "by-harm") == ["c d.py", "NAQ103", "NAQ102", "b.py", "NAQ102", "NAQ101", "a.py", "NAQ101"]
    assert rows_of(page, "by-file") == ["a.py", "NAQ101", "b.py", "NAQ101", "NAQ102", "c d.py", "NAQ102", "NAQ103"]


def test_a_priority_comes_before_harm(harms: Path) -> None:
    (harms / "pyproject.toml").write_text('[tool.flake8-naq.priority]\nhigh = ["a"]\n')
    assert rows_of(page_of(harms), "by-harm")[:2] == ["a.py", "NAQ101"]


def test_each_button_has_rules_in_the_style_sheet_and_rows_to_show(harms: Path) -> None:
    page = page_of(harms)
    buttons = re.findall(r'<input type="radio" name="\w+" id="([\w-]+)"( checked)?>', page)
    names = ["only-all", "only-never", "only-leaks", "only-by-hand", "sort-harm", "sort-file"]
    assert buttons == [(name, " checked" if name in ("only-all", "sort-harm") else "") for name in names]
    for name in ("never", "leaks", "by-hand"):
        assert f"#only-{name}:checked) :is(tbody:not(.has-{name})" in page
        assert re.search(rf'<tbody class="[^"]*has-{name}\b', page)
        assert f'<tr class="{name}">' in page
    assert "#sort-file:checked" in page


def test_a_page_with_one_kind_in_one_file_has_no_buttons(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import nats\n\nasync def f():\n    nc = await nats.connect()\n    await nc.flush()\n")
    assert "<input" not in page_of(tmp_path)


def test_what_a_function_returns_in_a_container_has_no_manager(tmp_path: Path) -> None:
    source = (
        "import nats\n\nasync def made(urls):\n    return [await nats.connect(url) for url in urls]\n\n"
        "async def f(urls):\n    clients = await made(urls)\n    await clients[0].flush()\n"
    )
    (tmp_path / "a.py").write_text(source)
    rows = {(one["function"], one["state"], one["rule"], one["manager"]) for one in inventory(tmp_path)["connections"]}
    assert rows == {("made", "handed off", None, None), ("f", "never closed", "NAQ103", None)}


def test_names_break_at_dots(harms: Path) -> None:
    page = page_of(harms)
    assert "<code>Orders.<wbr>m0</code>" in page
    assert "td.name code, tr.file code { overflow-wrap: break-word; }" in page


def test_the_rules_for_small_screens_leave_paper_alone(harms: Path) -> None:
    media = re.findall(r"@media ([^{]*width[^{]*) \{", page_of(harms))
    assert media == ["screen and (max-width: 760px)"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("https://x.org/blob/main/{path}?a=1&b#L{line}", "https://x.org/blob/main/c%20d.py?a=1&b#L"),
        ("vscode://file{file}:{line}", "vscode://file{folder}/c%20d.py:"),
    ],
)
def test_files_and_lines_are_links_where_an_address_is_set(harms: Path, pattern: str, expected: str) -> None:
    (harms / "pyproject.toml").write_text(f'[tool.flake8-naq]\nfile-url = "{pattern}"\n')
    links = Page(page_of(harms)).links
    lines = [entry["line"] for entry in inventory(harms)["connections"] if entry["path"] == "c d.py"]
    assert len(links) == 2 * (3 + 5)  # in both orders: three files, five connections
    assert {link for link in links if "c%20d" in link} == {f"{expected.replace('{folder}', str(harms))}{line}" for line in lines}


def test_an_address_without_a_place_for_the_file_is_refused(harms: Path) -> None:
    (harms / "pyproject.toml").write_text('[tool.flake8-naq]\nfile-url = "https://x.org/{line}"\n')
    done = naq("inventory", cwd=harms)
    assert done.returncode == 2
    assert "file-url: expected an address with {path} or {file} in it" in done.stderr
