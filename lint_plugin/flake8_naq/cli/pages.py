"""Writes what is generated from the rules: the pages under docs/rules and the README's table."""

from __future__ import annotations

import sys
from pathlib import Path

from flake8_naq.rules import all_rules, rule_page

BEGIN, END = "<!-- rules: written by `make docs` -->", "<!-- end of rules -->"


def pages() -> dict[str, str]:
    """The text of each rule's page, by file name."""
    return {f"{rule.code}.md": rule_page(rule) for rule in all_rules()}


def table() -> str:
    """The README's table of all rules."""
    rows = ["| code | name | reported | default | fix |", "| --- | --- | --- | --- | --- |"]
    for rule in all_rules():
        state = "on" if rule.default else "off"
        fix = rule.fix.safety if rule.fix else "-"
        rows.append(f"| [{rule.code}](docs/rules/{rule.code}.md) | {rule.name} | {rule.summary} | {state} | {fix} |")
    return "\n".join(rows)


def with_table(readme: str) -> str:
    """Return the README with a new table between its marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main(root: Path) -> None:
    folder = root / "docs" / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
    readme = root / "README.md"
    readme.write_text(with_table(readme.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
