"""The machine formats, from the command and from flake8: whole, escaped, and valid for those who read them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flake8_naq import __version__
from flake8_naq.report import github
from flake8_naq.report.record import Record, fingerprints
from flake8_naq.rules import all_rules, rule_page
from lint.process import flake8, naq

SCHEMA = json.loads((Path(__file__).parent / "data" / "sarif-2.1.0-rtm.4.json").read_text("utf-8"))
LEAK = "import nats\n\n\nasync def é():\n    'é'; nc = await nats.connect(\n        'x',\n    )\n    await nc.publish('a', b'b')\n"
BROKEN = "import nats\nnats.connect(\n"
UNUSED = "import os\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "a, b: 100%"
    folder.mkdir()
    (folder / "é #1?.py").write_text(LEAK, "utf-8")
    (tmp_path / "line\nbreak.py").write_text(LEAK + UNUSED, "utf-8")
    return tmp_path


def sarif(text: str) -> dict[str, Any]:
    """The only run of a log that is valid."""
    log = json.loads(text)
    jsonschema.Draft4Validator(SCHEMA).validate(log)
    [run] = log["runs"]
    return dict(run)


def test_github_escapes_and_places(tree: Path) -> None:
    done = naq("check", "--output-format", "github", "a, b: 100%", cwd=tree)
    assert done.returncode == 1
    assert done.stdout == (
        "::error file=a%2C b%3A 100%25/é #1?.py,line=5,endLine=7,title=NAQ103 never-closed::"
        "a, b: 100%25/é #1?.py:5:21: NAQ103 connection 'nc' is never closed; "
        "use \"async with await nats.connect('x') as nc\"\n"
    )


def test_github_columns_are_inclusive_and_given_for_one_line_only() -> None:
    one = Record("a.py", 3, 5, "NAQ101", "m", "", 3, 9, "hand-closed")
    assert github.command(one).startswith("::warning file=a.py,line=3,col=5,endLine=3,endColumn=8,title=NAQ101 hand")
    assert github.command(Record("a.py", 3, 5, "E501", "m", "")) == (
        "::warning file=a.py,line=3,col=5,title=E501::a.py:3:5: E501 m"
    )


def test_a_line_break_in_a_name_cannot_start_a_command(tree: Path) -> None:
    lines = naq("check", "--output-format", "github", ".", cwd=tree).stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("::error file=") for line in lines)


def test_sarif_is_valid_and_says_all(tree: Path) -> None:
    (tree / "broken.py").write_text(BROKEN)
    done = naq("check", "--output-format", "sarif", ".", cwd=tree)
    assert done.returncode == 2
    run = sarif(done.stdout)
    assert (run["tool"]["driver"]["name"], run["tool"]["driver"]["version"]) == ("flake8-naq", __version__)
    [rule] = run["tool"]["driver"]["rules"]
    page = rule_page(next(rule for rule in all_rules() if rule.code == "NAQ103"))
    assert (rule["id"], rule["name"], rule["help"]["markdown"]) == ("NAQ103", "NeverClosed", page)
    first = next(r for r in run["results"] if "100%25" in r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "a%2C%20b%3A%20100%25/%C3%A9%20%231%3F.py", "uriBaseId": "SRCROOT"}
    assert place["region"] == {"startLine": 5, "startColumn": 21, "endLine": 7, "endColumn": 6}
    assert first["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "é"
    [invocation] = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert "broken.py: line 2: not checked" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_of_every_rule_is_valid(tmp_path: Path) -> None:
    fixtures = Path(__file__).parents[1] / "rules"
    select = ("--select", ",".join(rule.code for rule in all_rules()))
    log = json.loads(naq("check", *select, "--output-format", "sarif", *sorted(map(str, fixtures.glob("naq???.py"))), cwd=tmp_path).stdout)
    [whole] = log["runs"]
    # To validate is slow: one result of each rule and form.
    whole["results"] = list({(one["ruleId"], *one): one for one in whole["results"]}.values())
    run = sarif(json.dumps(log))
    assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {rule.code for rule in all_rules()}
    assert all(run["tool"]["driver"]["rules"][r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])


BY_HAND = """\
import nats


async def send(url):
    nc = await nats.connect(url)
    try:
        await nc.publish("é", b"")
    finally:
        await nc.close()


async def again(url):
    nc = await nats.connect(url)
    try:
        await nc.publish("é", b"")
    finally:
        await nc.close()
"""


def replaced(text: str, fix: dict[str, Any]) -> str:
    """The text after a fix, as a reader of the log applies it: from the last replacement to the first."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    [change] = fix["artifactChanges"]
    for one in reversed(change["replacements"]):
        region = one["deletedRegion"]
        first = starts[region["startLine"] - 1] + region["startColumn"] - 1
        last = starts[region["endLine"] - 1] + region["endColumn"] - 1
        text = text[:first] + one["insertedContent"]["text"] + text[last:]
    return text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("whole", [True, False])
def test_sarif_has_the_fix_of_each_finding_by_itself(tmp_path: Path, end: str, whole: bool) -> None:
    text = BY_HAND.replace("\n", end)
    text = text if whole else text.removesuffix(end)
    (tmp_path / "m.py").write_bytes(text.encode())
    run = sarif(naq("check", "--output-format", "sarif", "m.py", cwd=tmp_path).stdout)
    assert len(run["results"]) == 2
    for result, name in zip(run["results"], ("send", "again"), strict=True):
        [fix] = result["fixes"]
        fixed = replaced(text, fix)
        assert fixed.count("async with await nats.connect(url) as nc:") == 1
        assert fixed.count("nc.close()") == 1
        assert fixed.index("async with") > fixed.index(name)
        assert fixed.count(end) == fixed.count("\n")
        (tmp_path / "fixed.py").write_bytes(fixed.encode())
        assert len(naq("check", "fixed.py", cwd=tmp_path).stdout.splitlines()) == 1


@pytest.mark.parametrize("variable", ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])
def test_paths_start_at_the_checkout_in_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(name, raising=False)
    part = tmp_path / "checkout" / "part"
    part.mkdir(parents=True)
    (part / "..a.py").write_text(LEAK, "utf-8")
    (tmp_path / "outside.py").write_text(LEAK, "utf-8")

    def paths(cwd: Path) -> list[str]:
        issues = json.loads(naq("check", "--output-format", "gitlab", str(part), "../../outside.py", cwd=cwd).stdout)
        return [issue["location"]["path"] for issue in issues]

    assert paths(part) == ["..a.py", str(tmp_path / "outside.py")]
    monkeypatch.setenv(variable, str(tmp_path / "checkout"))
    assert paths(part) == ["part/..a.py", str(tmp_path / "outside.py")]
    monkeypatch.setenv(variable, str(tmp_path / "another"))
    assert paths(part) == ["..a.py", str(tmp_path / "outside.py")]


def test_nothing_found_is_a_whole_report(tmp_path: Path) -> None:
    (tmp_path / "fine.py").write_text("")
    reports = {name: naq("check", "--output-format", name, ".", cwd=tmp_path).stdout for name in ("github", "gitlab", "sarif")}
    assert reports["github"] == ""
    assert json.loads(reports["gitlab"]) == []
    assert sarif(reports["sarif"])["results"] == []


def test_gitlab_has_what_gitlab_reads(tree: Path) -> None:
    (tree / "broken.py").write_text(BROKEN)
    issues = json.loads(naq("check", "--output-format", "gitlab", ".", cwd=tree).stdout)
    assert sorted(issue["location"]["path"] for issue in issues) == ["a, b: 100%/é #1?.py", "broken.py", "line\nbreak.py"]
    assert {issue["severity"] for issue in issues} == {"major", "blocker"}
    assert len({issue["fingerprint"] for issue in issues}) == 3
    assert all(issue["description"] and issue["check_name"] and issue["location"]["lines"]["begin"] for issue in issues)


def gitlab_fingerprints(source: str, folder: Path) -> list[str]:
    (folder / "m.py").write_text(source)
    return [issue["fingerprint"] for issue in json.loads(naq("check", "--output-format", "gitlab", "m.py", cwd=folder).stdout)]


def test_fingerprints_stay_when_lines_move_and_tell_copies_apart(tmp_path: Path) -> None:
    plain = "import nats\n\nasync def f(u):\n    nc = await nats.connect(u)\n    await nc.flush()\n"
    copy = plain.partition("\n\n")[2].replace("f(u)", "g(u)")
    [one] = gitlab_fingerprints(plain, tmp_path)
    assert gitlab_fingerprints("# a\n# b\n" + plain, tmp_path) == [one]
    twice = gitlab_fingerprints(plain + copy, tmp_path)
    assert twice[0] == one != twice[1]


def test_fingerprints_of_equal_lines_differ() -> None:
    same = Record("a.py", 1, 1, "E501", "m", "x = 1")
    assert len({digest for _, digest in fingerprints([same, same, same])}) == 3


@pytest.mark.parametrize("name", ["github", "gitlab", "sarif"])
def test_flake8_formatters_report_all_plugins_findings(tree: Path, name: str) -> None:
    text = flake8("--isolated", "--select", "NAQ,F401,E9", f"--format=naq-{name}", ".", cwd=tree, others=True).stdout
    assert "NAQ103" in text
    assert "F401" in text
    if name == "sarif":
        run = sarif(text)
        assert run["tool"]["driver"]["name"] == "flake8"
        assert {rule["id"] for rule in run["tool"]["driver"]["rules"]} == {"NAQ103", "F401"}
    elif name == "gitlab":
        assert [issue["severity"] for issue in json.loads(text)] == ["major", "major", "minor"]
    else:
        assert sorted(line.split()[0] for line in text.splitlines()) == ["::error", "::error", "::warning"]


def test_command_and_flake8_give_the_same_fingerprints(tree: Path) -> None:
    ours = json.loads(naq("check", "--output-format", "gitlab", ".", cwd=tree).stdout)
    theirs = json.loads(flake8("--isolated", "--select", "NAQ103", "--format=naq-gitlab", ".", cwd=tree).stdout)
    assert sorted(issue["fingerprint"] for issue in ours) == sorted(issue["fingerprint"] for issue in theirs)


def test_an_output_file_is_replaced_as_a_whole(tree: Path) -> None:
    (tree / "out.json").write_text("old " * 10_000)
    for done in (
        naq("check", "--output-format", "sarif", "--output-file", "out.json", ".", cwd=tree),
        flake8("--isolated", "--select", "NAQ", "--format=naq-sarif", "--output-file=out.json", ".", cwd=tree),
    ):
        assert (done.returncode, done.stdout) == (1, "")
        assert len(sarif((tree / "out.json").read_text("utf-8"))["results"]) == 2


@pytest.mark.parametrize("target", ["", "absent/report.json", "out"])
def test_an_output_that_cannot_be_written_is_one_line(tree: Path, target: str) -> None:
    (tree / "out").mkdir()
    done = naq("check", "--output-format", "gitlab", "--output-file", target, ".", cwd=tree)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be written" in done.stderr
    assert os.listdir(tree / "out") == []


def test_flake8_says_that_its_output_cannot_be_written(tree: Path) -> None:
    (tree / "out").mkdir()
    done = flake8("--isolated", "--select", "NAQ", "--format=naq-sarif", "--output-file=out", ".", cwd=tree)
    assert done.returncode == 1
    assert "out: cannot be written" in done.stdout + done.stderr


def test_a_name_that_is_not_utf8_is_reported_in_every_format(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.py")
    try:
        (tmp_path / name).write_text(LEAK, "utf-8")
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    for output in ("text", "json", "github", "gitlab", "sarif"):
        done = naq("check", "--output-format", output, ".", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (1, ""), output
        assert "NAQ103" in done.stdout


def test_an_unknown_format_is_said(tmp_path: Path) -> None:
    done = naq("check", "--output-format", "xml", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert "invalid choice: 'xml'" in done.stderr
