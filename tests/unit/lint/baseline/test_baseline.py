"""What the baseline holds true: known findings are silent, new ones are not, whatever happens to the files around them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flake8_naq.report import text as text_report
from flake8_naq.run.check_files import Result
from lint.process import Done, flake8, naq, run

HEAD = "import nats\n\n"
FIRST = "async def first(url):\n    nc = await nats.connect(url)\n    await nc.flush()\n"
SECOND = "async def second(url):\n    nc = await nats.connect(url)\n    await nc.flush()\n"
TOOL = '[tool.flake8-naq]\nbaseline = "known.baseline"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two files with a finding each, both known."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "a.py").write_text(HEAD + FIRST)
    (tmp_path / "app" / "b.py").write_text(HEAD + SECOND)
    (tmp_path / "pyproject.toml").write_text(TOOL)
    assert naq("baseline", "write", cwd=tmp_path).returncode == 0
    return tmp_path


def new(folder: Path, *arguments: str) -> list[str]:
    """What the command reports, which must be what flake8 reports."""
    found = naq("check", *arguments, ".", cwd=folder)
    assert found.returncode in (0, 1)
    assert not found.stderr or "no finding any more" in found.stderr
    plugin = flake8(".", cwd=folder).stdout.splitlines()
    assert sorted(found.stdout.splitlines()) == sorted(line for line in plugin if " NAQ" in line)
    return found.stdout.splitlines()


def text(folder: Path) -> str:
    return (folder / "known.baseline").read_text("utf-8")


def test_the_file_is_sorted_and_readable(tree: Path) -> None:
    entries = [line for line in text(tree).splitlines() if not line.startswith("#")]
    assert entries == [
        "",
        "app/a.py",
        "  first NAQ103 nats.connect(url)",
        "",
        "app/b.py",
        "  second NAQ103 nats.connect(url)",
    ]
    before = text(tree)
    assert naq("baseline", "write", cwd=tree).stdout == "known.baseline: 2 known findings in 2 files (before: 2)\n"
    assert text(tree) == before


def test_known_findings_are_silent(tree: Path) -> None:
    assert new(tree) == []
    assert len(new(tree / "app")) == 0
    assert naq("check", "--baseline", "", ".", cwd=tree).returncode == 1


EDITS = {
    "moved lines": lambda source: "'''A module.'''\n\n# more\n" + source,
    "moved function": lambda source: HEAD + "def other():\n    pass\n\n" + source.removeprefix(HEAD),
    "formatted": lambda source: source.replace("connect(url)", "connect(  # here\n        url,\n    )"),
    "renamed variable": lambda source: source.replace("nc", "client").replace("asyclient", "async"),
    "other line ends": lambda source: source.replace("\n", "\r\n"),
    "a mark before it": lambda source: f"\ufeff{source}",
    "other work": lambda source: source.replace("await nc.flush()", "await nc.flush()\n    await nc.flush()"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_unrelated_edits_do_not_disturb(tree: Path, edit: str) -> None:
    path = tree / "app" / "a.py"
    path.write_bytes(EDITS[edit](path.read_text()).encode())
    assert new(tree) == []


def test_a_new_finding_is_reported(tree: Path) -> None:
    path = tree / "app" / "a.py"
    path.write_text(path.read_text() + "\n\n" + SECOND)
    [line] = new(tree)
    assert "a.py:9:16: NAQ103" in line


def test_a_second_copy_of_a_known_finding_is_new(tree: Path) -> None:
    path = tree / "app" / "a.py"
    path.write_text(HEAD + FIRST + "\n\n" + FIRST)
    [line] = new(tree)
    assert "a.py:9:16" in line


def test_a_copy_of_a_file_is_new(tree: Path) -> None:
    (tree / "app" / "copy.py").write_text(HEAD + FIRST)
    [line] = new(tree)
    assert "copy.py" in line


def test_another_code_for_the_same_call_is_new(tree: Path) -> None:
    path = tree / "app" / "a.py"
    path.write_text(path.read_text() + "    await nc.close()\n")
    [line] = new(tree)
    assert "NAQ102" in line


@pytest.mark.parametrize("target", ["app/z.py", "lib/a.py", "lib/deep/z.py"])
def test_a_renamed_file_keeps_its_entries(tree: Path, target: str) -> None:
    (tree / target).parent.mkdir(parents=True, exist_ok=True)
    (tree / "app" / "a.py").rename(tree / target)
    (tree / target).write_text("# moved\n" + (tree / target).read_text())
    assert new(tree) == []
    assert naq("baseline", "prune", cwd=tree).stdout == (
        f"known.baseline: 2 known findings left, 0 gone, 1 file renamed\n  app/a.py is now {target}\n"
    )
    assert target in text(tree)
    assert "app/a.py" not in text(tree)
    assert new(tree) == []


def test_of_two_copies_of_a_renamed_file_one_is_new(tree: Path) -> None:
    (tree / "app" / "a.py").rename(tree / "app" / "one.py")
    (tree / "app" / "two.py").write_text((tree / "app" / "one.py").read_text())
    [line] = new(tree)
    assert "two.py" in line


def test_what_a_noqa_silences_uses_up_no_entry(tree: Path) -> None:
    silenced = FIRST.replace("connect(url)", "connect(url)  # noqa: NAQ103")
    (tree / "app" / "a.py").write_text(HEAD + silenced + "\n\n" + FIRST)
    assert new(tree) == []


def test_awkward_names_are_known_again(tree: Path) -> None:
    for name in ("two words.py", "lines\nbreak.py", "grüße.py", '"quoted".py', "#note.py", "=======.py", " before.py"):
        (tree / name).write_text(HEAD + FIRST)
    assert naq("baseline", "write", cwd=tree).returncode == 0
    assert naq("check", ".", cwd=tree).stdout == ""
    assert flake8(".", cwd=tree).stdout.count("NAQ") == 0
    (tree / "two words.py").unlink()
    assert naq("baseline", "prune", cwd=tree).stdout.startswith("known.baseline: 8 known findings left, 1 gone\n")


def test_a_link_to_the_folder_changes_nothing(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("links") / "link"
    link.symlink_to(tree)
    given = str(link / "known.baseline")
    assert naq("check", "--baseline", given, ".", cwd=tree).returncode == 0
    assert naq("check", "--baseline", str(tree / "known.baseline"), str(link / "app"), cwd=link.parent).returncode == 0
    assert flake8(f"--naq-baseline={given}", "--select=NAQ", ".", cwd=tree).returncode == 0


def test_text_on_standard_input_has_the_entries_of_its_name(tree: Path) -> None:
    source = (tree / "app" / "a.py").read_text()
    command = f"{sys.executable} -m flake8 --select NAQ --stdin-display-name {{}} -"
    for name, expected in (("app/a.py", 0), ("app/other.py", 1)):
        done = subprocess.run(
            command.format(name), shell=True, cwd=tree, input=source, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout.count("NAQ103")) == (expected, expected)


def test_the_summary_counts_what_is_known() -> None:
    assert text_report.summary([Result("a.py", known=2)], 7) == "7 files checked, nothing new; 2 known to the baseline"
    assert text_report.summary([], 1) == "1 file checked, nothing found"


def test_flake8_in_several_processes_knows_the_same(tree: Path) -> None:
    for number in range(4):
        (tree / f"m{number}.py").write_text(HEAD + FIRST)
    done = run(sys.executable, "-m", "flake8", "-j2", "--select", "NAQ1", ".", cwd=tree)
    assert sorted(line.split(":")[0] for line in done.stdout.splitlines()) == [f"./m{n}.py" for n in range(4)]


def test_prune_takes_out_what_was_fixed_and_nothing_else(tree: Path) -> None:
    (tree / "app" / "a.py").write_text("import nats\n")
    assert naq("baseline", "prune", cwd=tree).stdout.startswith("known.baseline: 1 known finding left, 1 gone\n")
    assert "first" not in text(tree)
    assert "second" in text(tree)
    (tree / "app" / "b.py").unlink()
    assert naq("baseline", "prune", "app/a.py", cwd=tree).stdout == "known.baseline: 1 known finding left, 0 gone\n"
    assert naq("baseline", "prune", cwd=tree).stdout.startswith("known.baseline: 0 known findings left, 1 gone\n")
    assert new(tree) == []


def test_prune_adds_nothing(tree: Path) -> None:
    (tree / "app" / "c.py").write_text(HEAD + FIRST)
    before = text(tree)
    assert naq("baseline", "prune", cwd=tree).returncode == 0
    assert text(tree) == before


def test_a_file_that_cannot_be_checked_keeps_its_entries(tree: Path) -> None:
    (tree / "app" / "a.py").write_text("import nats\nnats.connect(\n")
    before = text(tree)
    for action in ("prune", "write"):
        done = naq("baseline", action, cwd=tree)
        assert done.returncode == 2
        assert "a.py: line 2: not checked" in done.stderr
        assert text(tree) == before


def test_show_lists_and_counts(tree: Path) -> None:
    done = naq("baseline", "show", cwd=tree)
    assert done.stdout.splitlines() == [
        "app/a.py: NAQ103 first: nats.connect(url)",
        "app/b.py: NAQ103 second: nats.connect(url)",
        "2 known findings in 2 files, NAQ103 2",
    ]
    assert (
        naq("baseline", "show", "app/b.py", cwd=tree).stdout.splitlines()[-1] == "1 known finding in 1 file, NAQ103 1"
    )


def test_show_names_files_that_have_gone_and_where_to(tree: Path) -> None:
    (tree / "app" / "a.py").rename(tree / "app" / "lines\nbreak é.py")
    (tree / "app" / "b.py").unlink()
    note = "`flake8-naq baseline prune` takes note of it"
    assert naq("baseline", "show", cwd=tree).stdout.endswith(
        f"app/a.py: the file has gone, to app/lines\nbreak é.py; {note}\napp/b.py: the file has gone; {note}\n"
    )


@pytest.mark.parametrize("action", ["write", "prune", "show"])
def test_no_baseline_is_nothing_to_act_on(tree: Path, action: str) -> None:
    done = naq("baseline", action, "--baseline", "", cwd=tree)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert "--baseline: an empty name turns it off" in done.stderr


def test_write_without_a_setting_says_how_to_use_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(HEAD + FIRST)
    done = naq("baseline", "write", cwd=tmp_path)
    assert (tmp_path / "flake8-naq.baseline").exists()
    assert 'baseline = "flake8-naq.baseline"' in done.stdout


def where(done: Done) -> str:
    return "silent" if done.returncode == 0 else "reported"


# pyproject.toml, .flake8, command line: which of `known` (holds the finding) and `empty` counts.
NEAREST = [
    ("known", None, None, "silent"),
    ("empty", "known", None, "silent"),
    ("known", "empty", None, "reported"),
    ("known", "", None, "reported"),
    ("empty", "empty", "known", "silent"),
    ("known", "known", "empty", "reported"),
    ("known", "known", "", "reported"),
    (None, None, "known", "silent"),
]


@pytest.mark.parametrize(("pyproject", "config", "line", "expected"), NEAREST)
def test_the_nearest_setting_wins_for_plugin_and_command(
    tmp_path: Path, pyproject: str | None, config: str | None, line: str | None, expected: str
) -> None:
    sub = tmp_path / "sub"
    sub.mkdir()
    (sub / "a.py").write_text(HEAD + FIRST)
    naq("baseline", "write", "--baseline", "known", cwd=tmp_path)
    (tmp_path / "empty").write_text("# flake8-naq baseline 1\n")
    if pyproject is not None:
        (tmp_path / "pyproject.toml").write_text(f'[tool.flake8-naq]\nbaseline = "{pyproject}"\n')
    if config is not None:
        (tmp_path / ".flake8").write_text(f"[flake8]\nselect = NAQ1\nnaq-baseline = {config}\n")
    for folder in (tmp_path, sub):
        given = line and str(Path("..", line) if folder == sub else line)
        ours = [] if given is None else ["--baseline", given]
        theirs = [] if given is None else [f"--naq-baseline={given}"]
        assert where(naq("check", *ours, ".", cwd=folder)) == expected
        assert where(flake8("--select", "NAQ1", *theirs, ".", cwd=folder)) == expected


# The option as a configuration in another folder has it, and where the baseline then is.
ELSEWHERE = {"known": "ci/known", "./known": "ci/known", " known ": "ci/known", "../known": "known", "two words": "ci/two words"}


@pytest.mark.parametrize("value", ELSEWHERE)
def test_a_named_configuration_gives_the_path_from_its_folder(tmp_path: Path, value: str) -> None:
    for folder in ("ci", "sub"):
        (tmp_path / folder).mkdir()
    (tmp_path / "sub" / "a.py").write_text(HEAD + FIRST)
    naq("baseline", "write", "--baseline", ELSEWHERE[value], ".", cwd=tmp_path)
    (tmp_path / "ci" / "flake8.cfg").write_text(f"[flake8]\nselect = NAQ\nnaq-baseline = {value}\n")
    for config, folder in (("ci/flake8.cfg", tmp_path), ("../ci/flake8.cfg", tmp_path / "sub"), ("flake8.cfg", tmp_path / "ci")):
        arguments = ("--config", config, str(tmp_path / "sub"))
        for done in (naq("check", *arguments, cwd=folder), flake8(*arguments, cwd=folder)):
            assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
