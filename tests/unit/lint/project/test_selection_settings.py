"""The options of `[tool.flake8-naq]` that ruff has, too: which codes and files they mean."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from flake8_naq.project.selection import Selection, SelectionError, read_selection
from lint.process import naq
from lint.sources import LEAK

FOLDER = Path("/project")


def read(**table: object) -> Selection:
    return read_selection({key.replace("_", "-"): value for key, value in table.items()}, FOLDER)


@pytest.mark.parametrize(
    ("selection", "permitted"),
    [
        (read(), True),
        (read(select=["NAQ2"]), False),
        (read(select=["NAQ2"], extend_select=["naq1"]), True),
        (read(select=["NAQ101"], ignore=["NAQ101"]), False),
        (read(select=["NAQ101"], ignore=["NAQ10"]), True),
        (read(select=["NAQ1"], extend_ignore=["NAQ101"]), False),
        (read(ignore=["NAQ"]), False),
        (read(ignore=["NAQ2"]), True),
    ],
)
def test_the_longer_prefix_decides(selection: Selection, permitted: bool) -> None:
    assert selection.permits("NAQ101") is permitted


@pytest.mark.parametrize(
    ("options", "permitted"),
    [
        (Namespace(select=["NAQ101"]), True),
        (Namespace(select=["E9", "NAQ"]), False),
        (Namespace(extend_select=["NAQ101"]), True),
        (Namespace(extend_select=["NAQ1"]), False),
        (Namespace(ignore=["NAQ2"]), True),
        (Namespace(ignore=["E501"]), False),
    ],
)
def test_flake8s_options_are_nearer(options: Namespace, permitted: bool) -> None:
    assert read(ignore=["NAQ101"]).under(options).permits("NAQ101") is permitted


def test_a_selection_of_the_command_line_replaces() -> None:
    assert read(select=["NAQ2"]).under(Namespace(select=["NAQ"]), {"select"}).permits("NAQ101")


@pytest.mark.parametrize("path", ["/project/vendor/a.py", "/project/a/vendor", "/project/src/gen/deep/a.py"])
def test_excluded_files(path: str) -> None:
    assert read(exclude=["vendor"], extend_exclude=["src/gen"]).leaves_out(path)


@pytest.mark.parametrize("path", ["/project/vendors/a.py", "/project/other/src/gen/a.py"])
def test_other_files(path: str) -> None:
    assert not read(exclude=["vendor"], extend_exclude=["src/gen"]).leaves_out(path)


def test_the_folder_of_the_project_may_have_an_excluded_name() -> None:
    assert not read(exclude=["project"]).leaves_out("/project/a.py")


@pytest.mark.parametrize("name", ["vendor/a.py", "."])
def test_a_named_file_in_an_excluded_folder_is_left_out(tmp_path: Path, name: str) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "a.py").write_text(LEAK)
    (tmp_path / "pyproject.toml").write_text('[tool.flake8-naq]\nexclude = ["vendor"]\n')
    assert naq("check", name, cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({"ignore": "NAQ101"}, "ignore: expected a list of codes such as"),
        ({"extend-select": ["NAQ9"]}, "extend-select: unknown code 'NAQ9'"),
        ({"exclude": [1]}, 'exclude: expected a list of patterns such as ["vendor"], got [1]'),
        ({"per-file-ignores": ["a"]}, "per-file-ignores: expected a table such as"),
        ({"per-file-ignores": {"a.py": ["E501"]}}, "per-file-ignores.\"a.py\": unknown code 'E501'"),
    ],
)
def test_what_cannot_be_used_is_refused(table: dict[str, object], expected: str) -> None:
    with pytest.raises(SelectionError) as error:
        read_selection(table, FOLDER)
    assert str(error.value).startswith(expected)


def test_settings_of_a_folder_that_is_not_the_working_folder_are_named(tmp_path: Path) -> None:
    """Neither the plugin nor the command looks for settings of each file; a user is told of those that do not count."""
    for name in ("", "one/", "two/deep/"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "leak.py").write_text(LEAK)
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nname = 'flake8-naq'\n")
    (tmp_path / "one" / "pyproject.toml").write_text("[tool.flake8-naq]\nignore = ['NAQ103']\n")
    (tmp_path / "two" / "pyproject.toml").write_text("[tool.flake8-naq\n")
    done = naq("check", "one", "two", cwd=tmp_path)
    assert done.stdout.count("NAQ103") == 2
    where = "settings come from the working folder, as flake8's do: run flake8-naq in one"
    assert done.stderr == f"flake8-naq: one/pyproject.toml: not used; {where}\n"
    assert naq("check", "-q", "one", cwd=tmp_path).stderr == ""
    assert naq("check", "two", cwd=tmp_path).stderr == ""
    inside = naq("check", ".", cwd=tmp_path / "one")
    assert (inside.stdout, inside.stderr) == ("", "")
