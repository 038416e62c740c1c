"""The guides: each command that they show is one that the command line takes, each snippet is well-formed."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from flake8_naq.cli.main import SUBCOMMANDS, parser_for
from lint.process import Done, naq, run, terminal
from support.install_lines import Install, installs

DOCS = Path(__file__).parents[3] / "docs"
README = (DOCS.parent / "README.md").read_text("utf-8")
GUIDES = ("ci.md", "adopting.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(kind: str) -> list[str]:
    return [text for guide in GUIDES for k, text in BLOCK.findall((DOCS / guide).read_text("utf-8")) if k == kind]


def commands() -> list[str]:
    """Every line, also in a workflow, that runs the command."""
    lines = "\n".join(blocks("sh") + blocks("yaml")).splitlines()
    return sorted({line[line.index("flake8-naq ") :] for line in lines if re.search(r"^(\s*- (run: )?)?flake8-naq ", line)})


@pytest.mark.parametrize("line", commands())
def test_each_command_is_understood(line: str) -> None:
    _, subcommand, *arguments = shlex.split(line)
    assert subcommand in SUBCOMMANDS
    assert callable(parser_for(subcommand).parse_args([subcommand, *arguments]).run)


@pytest.mark.parametrize("text", blocks("yaml"), ids=lambda text: text.splitlines()[0])
def test_each_workflow_is_yaml(text: str) -> None:
    assert isinstance(yaml.safe_load(text), dict)


@pytest.mark.parametrize("text", blocks("toml"))
def test_each_setting_is_taken(text: str, tmp_path: Path) -> None:
    assert "flake8-naq" in tomllib.loads(text)["tool"]
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "flake8-naq.baseline").write_text("# flake8-naq baseline 1\n")
    assert naq("check", ".", cwd=tmp_path).returncode == 0


def test_the_hooks_that_are_named_exist() -> None:
    ids = {hook["id"] for hook in yaml.safe_load((DOCS.parent / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    named = {i for text in blocks("yaml") for i in re.findall(r"- id: (flake8-naq[\w-]*)", text)}
    assert named == ids


@pytest.mark.parametrize("line", installs(), ids=lambda line: line.command)
def test_a_line_that_installs_says_whether_it_needs_a_release(line: Install) -> None:
    """`make test-installs` runs them."""
    assert line.says_so or not line.needs_release
    assert line.distributions()
    if "flake8-naq" in line.command and "git+" in line.command:
        assert "#subdirectory=lint_plugin" in line.command


def test_no_revision_is_named_that_does_not_exist() -> None:
    texts = [README, *(path.read_text("utf-8") for path in DOCS.glob("*.md"))]
    ours = [rev for text in texts for rev in re.findall(r"your/naq.*\n\s*rev: (\S+)", text)]
    assert set(ours) == {"COMMIT"}


def test_the_inventory_that_is_shown_is_the_real_one() -> None:
    [shown] = [text for text in blocks("text") if "migrated" in text]
    real = naq("inventory", "examples/unmanaged", cwd=DOCS.parent).stdout
    for line in shown.splitlines():
        assert line in real.splitlines()


def test_the_readme_shows_what_a_terminal_shows(tmp_path: Path) -> None:
    shown = [block for block in re.findall(r"(?:^    .*\n|^\n)+", README, re.MULTILINE) if "$ cat app.py" in block]
    [text] = ["\n".join(line.removeprefix("    ") for line in block.splitlines()) for block in shown]
    source, output = text.partition("$ cat app.py\n")[2].split("\n$ flake8-naq check app.py\n")
    (tmp_path / "app.py").write_text(source)
    assert terminal("check", "app.py", cwd=tmp_path, columns=200, TERM="dumb") == output.rstrip() + "\n"


def test_the_readme_names_the_five_steps_with_commands_that_exist() -> None:
    steps = re.findall(r"^    (\S.*?)\s+# (\d)\. ", README, re.MULTILINE)
    assert [number for _, number in steps] == list("12345")
    for line, _ in steps:
        program, subcommand, *arguments = shlex.split(line)
        if program == "flake8-naq":
            assert callable(parser_for(subcommand).parse_args([subcommand, *arguments]).run)


def test_the_settings_of_the_readme_are_taken(tmp_path: Path) -> None:
    text = README.partition("    [tool.flake8-naq]\n")[2].partition("\n\nA setting")[0]
    lines = ["[tool.flake8-naq]", *(line.removeprefix("    ") for line in text.splitlines())]
    (tmp_path / "pyproject.toml").write_text("\n".join(lines))
    (tmp_path / "flake8-naq.baseline").write_text("# flake8-naq baseline 1\n")
    (tmp_path / "a.py").write_text("")
    done = naq("check", ".", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_five_steps_to_a_new_rule_work(tmp_path: Path) -> None:
    """As the guide says it, in a copy: the rule, its fixture, the pages; then it reports, and its page is there."""
    for name in ("lint_plugin", "docs", "README.md"):
        copy = shutil.copytree if (DOCS.parent / name).is_dir() else shutil.copy
        copy(DOCS.parent / name, tmp_path / name)
    guide = (DOCS / "contributing.md").read_text("utf-8")
    rule, fixture = (text for kind, text in BLOCK.findall(guide) if kind == "python")
    [rule_path] = re.findall(r"`(lint_plugin/flake8_naq/rules/naq\d+\.py)`", guide)
    (tmp_path / rule_path).write_text(re.sub(r"((?:^    from .*\n)+)", r"```python\n\1```\n", rule, count=2, flags=re.MULTILINE))
    (tmp_path / "fixture.py").write_text(fixture)
    environment = {"PYTHONPATH": str(tmp_path / "lint_plugin")}

    def ours(*arguments: str) -> Done:
        return run(sys.executable, "-m", *arguments, cwd=tmp_path, environment=environment)

    assert ours("flake8_naq.cli.pages", ".").returncode == 0
    code = Path(rule_path).stem.upper()
    assert (tmp_path / "docs" / "rules" / f"{code}.md").exists()
    assert f"[{code}](docs/rules/{code}.md)" in (tmp_path / "README.md").read_text("utf-8")
    [expected] = [number for number, line in enumerate(fixture.splitlines(), 1) if f"# expect: {code}@1" in line]
    assert ours("flake8_naq.cli.main", "check", "fixture.py").stdout.startswith(f"fixture.py:{expected}:1: {code} ")
    assert "# Use instead" in ours("flake8_naq.cli.main", "explain", code).stdout
