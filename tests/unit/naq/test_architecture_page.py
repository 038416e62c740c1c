"""`docs/library-architecture.md` names what exists: modules, streams and buckets."""

from __future__ import annotations

import re
from pathlib import Path

import naq
from naq.config import Config
from naq.queue.streams import names

PACKAGE = Path(naq.__file__).parent
PAGE = (PACKAGE.parents[1] / "docs" / "library-architecture.md").read_text(encoding="utf-8")


def test_each_module_that_is_named_exists() -> None:
    named = re.findall(r"`((?:\w+/)?\w+\.py)`", PAGE)
    assert len(named) > 15
    assert [name for name in named if not (PACKAGE / name).is_file()] == []


def test_each_package_has_its_layer() -> None:
    layers = PAGE.partition("## Layers")[2].partition("Only `connection/`")[0]
    packages = [path.parent.name for path in PACKAGE.glob("*/__init__.py")]
    assert [name for name in packages if f"{name}/" not in layers] == []


def test_the_names_on_the_server_are_right() -> None:
    where = names(Config())
    table = PAGE.partition("## On the server")[2].partition("`naq` is")[0]
    known = {where.jobs, where.failed, where.results, where.states, where.workers, where.events, where.cancels, where.limits}
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == known
