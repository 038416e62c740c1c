"""The plugin and the command give the same answers over all fixtures, whichever settings hold, and the nearest wins."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from lint.process import flake8, naq

ROOT = Path(__file__).parents[3]
RULES = Path(__file__).parents[2] / "unit" / "lint" / "rules"
TOOL = "[tool.flake8-naq]\n"
FILE = """
[[tool.flake8-naq.resource]]
name = "file"
acquire = ["open"]
release-methods = ["close"]
manager = "with open({args}) as {name}"
"""


@pytest.fixture(scope="module")
def fixtures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every fixture of the linter under tests/, and the examples: the files in which something is to be found."""
    folder = tmp_path_factory.mktemp("fixtures")
    for name in ("tests/unit/lint", "examples"):
        for path in sorted((ROOT / name).rglob("*.py")):
            if not path.name.startswith(("test_", "conftest")) and "truth" not in path.parts:
                target = folder / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)
    return folder


# pyproject.toml, .flake8, the command line; codes that must be found, codes that must not.
AGREEMENT = {
    "nothing set": ("", "", [], {"NAQ101", "NAQ301"}, {"NAQ203", "NAQ302"}),
    "extend-select in pyproject.toml turns a rule on": (
        TOOL + 'extend-select = ["NAQ203"]\n', "", [], {"NAQ101", "NAQ203"}, {"NAQ302"},
    ),
    "select in pyproject.toml is all that is reported": (
        TOOL + 'select = ["NAQ203", "NAQ3"]\n', "", [], {"NAQ203", "NAQ301"}, {"NAQ101", "NAQ302"},
    ),
    "of select and ignore, the longer decides": (
        TOOL + 'select = ["NAQ10", "NAQ102"]\nignore = ["NAQ1", "NAQ102"]\nextend-ignore = ["NAQ103"]\n', "", [],
        {"NAQ101", "NAQ104"}, {"NAQ102", "NAQ103", "NAQ110", "NAQ301"},
    ),
    "files and patterns in pyproject.toml": (
        TOOL + 'exclude = ["examples"]\nextend-exclude = ["unit/lint/fixer"]\n'
        '[tool.flake8-naq.per-file-ignores]\n"tests/unit/lint/rules/*" = ["NAQ1"]\n"naq301.py" = ["NAQ301"]\n',
        "", [], {"NAQ301", "NAQ101"}, set(),
    ),
    "flake8 lets our codes through": (
        TOOL + 'ignore = ["NAQ101"]\nselect = ["NAQ1"]\n', "[flake8]\nselect = E9,NAQ\n", [], {"NAQ102"}, {"NAQ101", "NAQ301"},
    ),
    "a code of the command line is nearer than ignore in pyproject.toml": (
        TOOL + 'extend-ignore = ["NAQ1"]\n', "", ["--extend-select=NAQ101"], {"NAQ101", "NAQ301"}, {"NAQ102"},
    ),
    "ignore of the command line replaces that of pyproject.toml": (
        TOOL + 'ignore = ["NAQ1"]\n', "", ["--ignore=NAQ301"], {"NAQ101"}, {"NAQ301"},
    ),
    ".flake8 is nearer than pyproject.toml": (
        TOOL + 'extend-select = ["NAQ203"]\n', "[flake8]\nextend-ignore = NAQ203\n", [], {"NAQ101"}, {"NAQ203"},
    ),
    "the command line is nearest": (
        TOOL + 'select = ["NAQ203"]\n', "[flake8]\nselect = NAQ1\n", ["--select=NAQ302"], {"NAQ302"}, {"NAQ101", "NAQ203"},
    ),
    "extend-select of the command line replaces that of .flake8": (
        "", "[flake8]\nextend-select = NAQ203\n", ["--extend-select=NAQ302"], {"NAQ101", "NAQ302"}, {"NAQ203"},
    ),
    "resources, a name for the configuration, ignores by file": (
        TOOL + 'config = "self.settings"\n' + FILE,
        "[flake8]\nper-file-ignores =\n    tests/unit/lint/rules/*: NAQ1\nexclude = tests/unit/lint/report\n",
        [], {"NAQ101", "NAQ103"}, {"NAQ302"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", AGREEMENT)
def test_plugin_and_command_agree(fixtures: Path, tmp_path: Path, name: str) -> None:
    pyproject, config, line, present, absent = AGREEMENT[name]
    folder = tmp_path / "tree"
    # All files once, and those that have findings of the rules in question with the other settings.
    left_out = () if name == "nothing set" else (
        "from_*", "of_other_*", "*_more.py", "owners", "bases", "layouts", "cycle", "cfg", "dataflow",
        "lessons", "golden", "pairs", "unmanaged", "lsp", "libraries",
        "before_handoff.py", "kept_on_classes.py", "naq11[1-9].py", "overwritten.py", "owned_attributes.py", "returned_containers.py",
    )  # fmt: skip
    shutil.copytree(fixtures, folder, ignore=shutil.ignore_patterns(*left_out))
    (folder / "pyproject.toml").write_text(pyproject)
    (folder / ".flake8").write_text(config)
    found = naq("check", *line, ".", cwd=folder)
    plugin = [text for text in flake8(*line, ".", cwd=folder).stdout.splitlines() if " NAQ" in text]
    assert found.stderr == ""
    assert sorted(found.stdout.splitlines()) == sorted(plugin)
    codes = {text.split()[1] for text in plugin if " NAQ" in text}
    assert present <= codes
    assert not absent & codes


@pytest.mark.parametrize("selection", [[], ["--select", "NAQ"], ["--extend-select", "NAQ203,NAQ302"]])
def test_they_find_the_same_in_the_fixtures_of_all_rules(selection: list[str]) -> None:
    names = sorted(path.name for path in RULES.glob("naq*.py"))
    expected = [text for text in flake8("--isolated", *selection, *names, cwd=RULES).stdout.splitlines() if " NAQ" in text]
    assert sorted(naq("check", *selection, *names, cwd=RULES).stdout.splitlines()) == sorted(expected)
    assert expected


LEAK = "import nats\n\n\nasync def f():\n    nc = await nats.connect()\n    await nc.flush()\n"
ALL = ("a.py", "sub/b.py", "sub/deep/test_c.py")
PLACES = (*ALL, "notes.txt")
# A line of flake8's configuration, and the files in which both must find something.
PATTERNS = {
    "filename = sub/*.py": (),
    "filename = ./sub/*.py": ("sub/b.py", "sub/deep/test_c.py"),
    "filename = test_*.py": (),
    "filename = */test_*.py": ("sub/deep/test_c.py",),
    "filename = *b.py": ("sub/b.py",),
    "filename = *.txt, *a.py": ("a.py", "notes.txt"),
    "filename =": PLACES,
    "exclude = .": (),
    "exclude = ./sub": ("a.py",),
    "exclude = sub/": ("a.py",),
    "exclude = sub/*.py": ("a.py",),
    "exclude = su?": ("a.py",),
    "exclude = [s]ub": ("a.py",),
    "exclude = **/deep": ("a.py", "sub/b.py"),
    "exclude = b.py": ("a.py", "sub/deep/test_c.py"),
    "exclude = *tree*": (),  # a star stands for slashes, and the folder around has this name
    "exclude = *sub*d*": ("a.py", "sub/b.py"),
    "extend-exclude = deep": ("a.py", "sub/b.py"),
    "per-file-ignores = sub/*:NAQ103": ("a.py",),
    "per-file-ignores =\n    a.py, b.py: NAQ1": ("sub/deep/test_c.py",),
    "select = F,N\nignore = NAQ101": ("a.py", "sub/b.py", "sub/deep/test_c.py"),
    "select = F\nextend-select = NAQ103": ("a.py", "sub/b.py", "sub/deep/test_c.py"),
    "select = NAQ103\nignore = NAQ1": ("a.py", "sub/b.py", "sub/deep/test_c.py"),
    "select = NAQ1\nignore = NAQ103": (),
    "ignore = NAQ103": (),
    "extend-ignore = NAQ1": (),
    "exclude = sub": ("a.py",),
    "disable-noqa = true": ("a.py", "sub/b.py", "sub/deep/test_c.py"),
    "extend-select = NAQ203": ("a.py", "sub/b.py", "sub/deep/test_c.py"),
}


def agreed(folder: Path, *arguments: str) -> list[str]:
    """The files in which both find something, and they find the same."""
    found = naq("check", *arguments, ".", cwd=folder)
    plugin = [text for text in flake8(*arguments, ".", cwd=folder).stdout.splitlines() if " NAQ" in text]
    assert found.stderr == "" or (not plugin and "no Python files found" in found.stderr)
    assert sorted(found.stdout.splitlines()) == sorted(plugin)
    return sorted(text.partition(":")[0].removeprefix("./") for text in plugin)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    for name in PLACES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(LEAK)
    return folder


@pytest.mark.parametrize("line", PATTERNS)
def test_they_agree_on_which_files_and_codes_count(tree: Path, line: str) -> None:
    (tree / ".flake8").write_text(f"[flake8]\n{line}\n")
    assert agreed(tree) == sorted(PATTERNS[line])


# The text of setup.cfg beside a .flake8 that turns everything off: where flake8 passes by it, nothing is found.
NO_CONFIGURATION = {
    "of another tool": b"[metadata]\nname = x\n",
    "mentions the section": b"# [flake8]\n[metadata]\nname = x\n",
    "no INI file": b"garbage\n[flake8]\nexclude = none\n",
    "not UTF-8": b"[flake8]\n# \xe9\nexclude = none\n",
    "with a byte order mark": b"\xef\xbb\xbf[flake8]\nexclude = none\n",
}


@pytest.mark.parametrize("name", NO_CONFIGURATION)
def test_they_agree_on_which_file_is_the_configuration(tree: Path, name: str) -> None:
    (tree / "setup.cfg").write_bytes(NO_CONFIGURATION[name])
    (tree / ".flake8").write_text("[flake8]\nexclude = *\n")
    assert agreed(tree) == []


def test_they_agree_that_only_plugins_are_set_where_that_is_all(tree: Path) -> None:
    (tree / "setup.cfg").write_text("[flake8:local-plugins]\nextension =\n")
    (tree / ".flake8").write_text("[flake8]\nexclude = *\n")
    assert agreed(tree) == sorted(ALL)


def test_they_agree_not_to_look_above_the_home_folder(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / ".flake8").write_text("[flake8]\nexclude = *\n")
    monkeypatch.setenv("HOME", str(tree))
    assert agreed(tree) == []
    assert agreed(tree / "sub") == ["b.py", "deep/test_c.py"]


FORMS = {
    "    nc = await nats.connect()  # noqa: NAQ103\n": True,
    "    nc = await nats.connect()  # NoQA:NAQ1,E501\n": True,
    "    nc = await nats.connect(\n        'x',  # noqa: NAQ103\n    )\n": False,
    # U+2028 and a vertical tab end a line for str.splitlines(), and for no other tool.
    "    x = '\u2028 \x0b \x85'\n    nc = await nats.connect()  # noqa\n": True,
    "    nc = await nats.connect()  # noqa\n": True,
    "    nc = await nats.connect()  # NOQA because\n": True,
    "    nc = await nats.connect()  # noqa:naq103\n": False,
    "    nc = await nats.connect()  # noqa: E501 NAQ103\n": True,
    "    nc = await nats.connect()  # noqa: E501,NAQ103,W1\n": True,
    "    nc = await nats.connect()  # type: ignore # noqa: NAQ1\n": True,
    "    nc = await nats.connect()  # noqa: NAQ101\n": False,
    "    nc = await nats.connect()  # noqa: NAQ101, E501\n": False,
    "    # noqa\n    nc = await nats.connect()\n": False,
    "    nc = await nats.connect(\n        'x',\n    )  # noqa: NAQ103\n": False,
    "    nc = \\\n        await nats.connect()  # noqa: NAQ103\n": True,
    "    nc = await nats.connect('''\n x\n ''')  # noqa\n": True,
    "    nc = await nats.connect('''\n # noqa\n ''')\n": True,
    # From Python 3.12 on, a line ends within the braces, and what flake8 takes for the comment's line begins there.
    "    nc = await nats.connect(f'''{\n 1}\n''')  # noqa: NAQ103\n": sys.version_info < (3, 12),
    "    nc = await nats.connect()\n# flake8: noqa\n": True,
    "    nc = await nats.connect()\n    # FLAKE8=NOQA\n": True,
    "    nc = await nats.connect()  # flake8: noqa\n": False,
    "    nc = await nats.connect('''\n# flake8: noqa\n''')\n": True,
    "    nc = await nats.connect()\n# flake8: noqa: NAQ101\n": True,  # flake8 knows no codes for a file
}


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("line", FORMS)
def test_they_agree_on_what_a_comment_silences(tmp_path: Path, line: str, end: str) -> None:
    text = LEAK.replace("    nc = await nats.connect()\n", line).replace("\n", end)
    (tmp_path / "a.py").write_bytes(text.encode())
    assert agreed(tmp_path) == ([] if FORMS[line] else ["a.py"])
    (tmp_path / ".flake8").write_text("[flake8]\ndisable-noqa = yes\n")
    assert agreed(tmp_path) == ["a.py"]


# Options of the command line over `.flake8`, which excludes and ignores other codes.
LINES = {
    "--ignore=E501": ("a.py",),
    "--extend-ignore=NAQ1": (),
    "--ignore=NAQ103": (),
    "--exclude=deep": ("a.py", "sub/b.py"),
    "--exclude=./sub/deep": ("a.py", "sub/b.py"),
    "--exclude=": ALL,
    "--extend-exclude=a.py": (),
    "--isolated": ALL,
    "--isolated --extend-exclude=sub/b.py": ("a.py", "sub/deep/test_c.py"),
    "--isolated --select=NAQ103 --ignore=NAQ1": ALL,
    "--config=ci/flake8.cfg": ("a.py", "sub/b.py"),
    "--config=ci/flake8.cfg --extend-exclude=a.py": ("sub/b.py", "sub/deep/test_c.py"),
}


@pytest.mark.parametrize("line", LINES)
def test_they_agree_on_the_command_line(tree: Path, line: str) -> None:
    (tree / ".flake8").write_text("[flake8]\nexclude = sub\nextend-ignore = E501\n")
    (tree / "ci").mkdir()
    (tree / "ci" / "flake8.cfg").write_text("[flake8]\nextend-exclude = ../sub/deep\n")
    assert agreed(tree, *line.split()) == sorted(LINES[line])


def test_the_command_line_holds_for_baselines_too(tree: Path) -> None:
    assert "2 known findings" in naq("baseline", "write", "--exclude", "deep", cwd=tree).stdout
    assert "1 known finding" in naq("baseline", "prune", "--ignore", "NAQ1", "a.py", cwd=tree).stdout


BAD_LINES = {
    "--config=absent.cfg": "absent.cfg: cannot be read: No such file or directory",
    "--config=a.py": "a.py: expected a configuration of flake8",
    "--ignore=naq1": "--ignore: expected codes such as NAQ101, got 'naq1'",
}


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_broken_command_line_is_refused(tree: Path, line: str) -> None:
    done = naq("check", line, cwd=tree)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert BAD_LINES[line] in done.stderr


# What cannot be used is refused by both; the command names file, key and what was expected.
REFUSED = {
    "ignore = NAQ103  # why": "ignore: expected codes such as NAQ101, got '#'",
    "extend-ignore = naq103": "extend-ignore: expected codes such as NAQ101, got 'naq103'",
    "disable-noqa = maybe": "disable-noqa: expected true or false, got 'maybe'",
    "per-file-ignores = a.py: NAQ103 b.py": "per-file-ignores: expected FILES: CODES on each line, got 'a.py: NAQ103 b.py'",
    "select = F\nselect = NAQ": "option 'select' in section 'flake8' already exists",
}


@pytest.mark.parametrize("line", REFUSED)
def test_a_broken_configuration_is_refused(tree: Path, line: str) -> None:
    (tree / ".flake8").write_text(f"[flake8]\n{line}\n")
    done = naq("check", ".", cwd=tree)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert str(tree / ".flake8") in done.stderr
    assert REFUSED[line] in done.stderr


def test_select_in_pyproject_turns_on_what_is_written_out_and_refuses_what_is_no_code(tree: Path) -> None:
    loop = "    for _ in range(3):\n        async with await nats.connect() as nc:\n            await nc.flush()\n"
    (tree / "a.py").write_text(LEAK.partition("    nc")[0] + loop)
    (tree / "pyproject.toml").write_text(TOOL + 'select = ["naq20"]\n')
    assert "a.py" not in agreed(tree)
    (tree / "pyproject.toml").write_text(TOOL + 'select = ["naq203"]\n')
    assert "a.py" in agreed(tree)
    (tree / "pyproject.toml").write_text(TOOL + 'select = ["NAQ2O3"]\n')
    for done in (naq("check", ".", cwd=tree), flake8(".", cwd=tree)):
        assert done.returncode != 0
        assert "pyproject.toml: tool.flake8-naq.select: unknown code 'NAQ2O3'; did you mean 'NAQ203'?" in done.stdout + done.stderr
