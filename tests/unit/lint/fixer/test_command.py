"""`flake8-naq fix` as people run it: what it writes, prints and refuses, and that it leaves files whole."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flake8_naq.cli import main as command
from flake8_naq.run import fix_files as fixing
from flake8_naq.run.atomic_write import WriteError, replace_file

SAFE = """import nats


async def f(url):
    nc = await nats.connect(url)
    try:
        await nc.flush()
    finally:
        await nc.close()
"""
FIXED = """import nats


async def f(url):
    async with await nats.connect(url) as nc:
        await nc.flush()
"""
UNSAFE = "import nats\n\n\nasync def g(url):\n    nc = await nats.connect(url)\n    await nc.flush()\n"
BROKEN = "import nats\nasync def f(:\n    nc = await nats.connect()\n"
EXAMPLES = Path(__file__).parents[4] / "examples" / "unmanaged"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_safe_fix_is_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(SAFE)
    (here / "a.py").chmod(0o640)
    assert command.main(["fix", "."]) == 0
    assert (here / "a.py").read_text() == FIXED
    assert (here / "a.py").stat().st_mode & 0o777 == 0o640
    assert capsys.readouterr().out == "1 fixed in 1 of 1 file, 0 left\n"
    assert command.main(["fix", "."]) == 0
    assert command.main(["check", "."]) == 0


def test_what_is_left_has_a_reason(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(UNSAFE)
    assert command.main(["fix", "a.py"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("a.py:5:16: NAQ103 not fixed: only with --unsafe-fixes: it is closed at the end")
    assert out.endswith("0 fixed in 0 of 1 file, 1 left (1 of them may have a fix with --unsafe-fixes)\n")
    assert (here / "a.py").read_text() == UNSAFE
    assert command.main(["fix", "--unsafe-fixes", "a.py"]) == 0
    assert "async with await nats.connect(url) as nc:" in (here / "a.py").read_text()


def test_diff_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(SAFE)
    assert command.main(["fix", "--diff", "a.py"]) == 0
    out, err = capsys.readouterr()
    assert (here / "a.py").read_text() == SAFE
    assert out.startswith("--- a/a.py\n+++ b/a.py\n@@ ")
    assert err == "1 would be fixed in 1 of 1 file, 0 left\n"
    patch = shutil.which("patch")
    if patch is not None:
        subprocess.run([patch, "-p1", "--quiet"], input=out, text=True, check=True, cwd=here)
        assert (here / "a.py").read_text() == FIXED


@pytest.mark.parametrize("tool", ["git", "patch"])
def test_a_diff_can_be_applied(here: Path, capfdbinary: pytest.CaptureFixture[bytes], tool: str) -> None:
    """Line ends, marks, encodings and names of every kind: what is applied is what `fix` would have written."""
    files = {
        "plain.py": SAFE.encode(),
        "unfinished.py": SAFE.rstrip().encode(),
        "crlf.py": SAFE.replace("\n", "\r\n").encode(),
        "bom.py": b"\xef\xbb\xbf" + SAFE.encode(),
        "latin.py": f"# -*- coding: latin-1 -*-\n# \xe9\n{SAFE}".encode("latin-1"),
        "feed.py": SAFE.replace("import nats\n", "import nats\n\f\n").encode(),
        'a "quoted" é.py': SAFE.encode(),
        "two words/and three.py": SAFE.encode(),
    }
    for name, data in files.items():
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_bytes(data)
    assert command.main(["fix", "--diff", "."]) == 0
    written = capfdbinary.readouterr().out
    apply = ["git", "apply"] if tool == "git" else ["patch", "-p1", "--quiet", "--binary"]
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not here")
    subprocess.run(apply, input=written, check=True, cwd=here)
    applied = {name: (here / name).read_bytes() for name in files}
    for name, data in files.items():
        (here / name).write_bytes(data)
    assert command.main(["fix", "."]) == 0
    assert applied == {name: (here / name).read_bytes() for name in files}


def test_a_diff_of_an_absolute_path_is_applied_from_here(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(SAFE)
    assert command.main(["fix", "--diff", str(here / "a.py")]) == 0
    assert capfd.readouterr().out.startswith("--- a/a.py\n+++ b/a.py\n")


def test_select_fixes_only_those_codes(here: Path) -> None:
    text = SAFE + UNSAFE.replace("import nats\n", "")
    (here / "a.py").write_text(text)
    assert command.main(["fix", "--unsafe-fixes", "--select", "NAQ103", "a.py"]) == 0
    fixed = (here / "a.py").read_text()
    assert fixed.startswith(SAFE)
    assert fixed != text


def test_files_with_nothing_to_fix_are_not_touched(here: Path) -> None:
    for name, text in (("managed.py", FIXED), ("plain.py", "x = 1\n"), ("left.py", UNSAFE)):
        (here / name).write_text(text)
        os.utime(here / name, (1, 1))
    command.main(["fix", "."])
    assert {path.stat().st_mtime for path in here.iterdir()} == {1}


def test_bad_files_are_said_and_the_others_go_on(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a_broken.py").write_text(BROKEN)
    (here / "b_bytes.py").write_bytes(SAFE.encode() + b"# \xff\n")
    (here / "c_null.py").write_text(SAFE + "\0")
    (here / "d_read_only.py").write_text(SAFE)
    (here / "d_read_only.py").chmod(0o444)
    (here / "e_good.py").write_text(SAFE)
    (here / "f_link.py").symlink_to(here / "e_good.py")
    assert command.main(["fix", "."]) == 2
    err = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[0].removeprefix("./") for line in err] == [
        "a_broken.py", "b_bytes.py", "c_null.py", "d_read_only.py", "f_link.py"
    ]  # fmt: skip
    assert err[3].endswith("not fixed: it is read-only")
    assert "symbolic link" in err[4]
    assert all("not fixed" in line for line in err)
    assert (here / "e_good.py").read_text() == FIXED
    assert (here / "f_link.py").is_symlink()
    assert (here / "d_read_only.py").read_text() == SAFE


def test_what_is_no_file_of_its_own_is_left(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.py").write_text(SAFE)
    (here / "link é.py").symlink_to("a.py")
    (here / "nowhere.py").symlink_to("absent")
    assert command.main(["fix", "link é.py", "nowhere.py"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "nowhere.py: not fixed: No such file or directory",
        "link é.py: not fixed: it is a symbolic link; name the file that it leads to",
    ]
    assert (here / "a.py").read_text() == SAFE
    reader, writer = os.pipe()
    os.write(writer, SAFE.encode())
    os.close(writer)
    assert command.main(["fix", f"/dev/fd/{reader}"]) == 2
    os.close(reader)
    assert "not fixed: it is " in capsys.readouterr().err


def test_a_file_that_changes_meanwhile_is_left(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "a.py").write_text(SAFE)
    real = fixing.fix_one

    def slow(job: fixing.FixJob) -> fixing.Fixed:
        (here / "a.py").write_text(SAFE + "# later\n")
        return real(job)

    monkeypatch.setattr(fixing, "fix_one", slow)
    assert command.main(["fix", "a.py"]) == 2
    assert (here / "a.py").read_text() == SAFE + "# later\n"
    assert "changed while it was being fixed" in capsys.readouterr().err


@pytest.mark.parametrize("step", ["replace", "chmod", "fsync"])
def test_interrupted_a_file_is_whole(here: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    (here / "a.py").write_text(SAFE)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, step, stop)
    assert command.main(["fix", "a.py"]) == 130
    assert [path.name for path in here.iterdir()] == ["a.py"]
    assert (here / "a.py").read_text() == SAFE


def test_a_full_disk_is_said(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (here / "a.py").write_text(SAFE)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteError, match=r"a\.py: cannot be written: No space left on device"):
        replace_file("a.py", b"")
    assert command.main(["fix", "a.py"]) == 2
    assert (here / "a.py").read_text() == SAFE


@pytest.mark.parametrize(("encoding", "mark"), [("latin-1", b""), ("utf-8", b"\xef\xbb\xbf")])
def test_the_encoding_stays(here: Path, encoding: str, mark: bytes) -> None:
    head = f"# -*- coding: {encoding} -*-\n# é\n"
    (here / "a.py").write_bytes(mark + (head + SAFE).replace("\n", "\r\n").encode(encoding))
    assert command.main(["fix", "a.py"]) == 0
    assert (here / "a.py").read_bytes() == mark + (head + FIXED).replace("\n", "\r\n").encode(encoding)


def test_all_nine_modules_in_one_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(EXAMPLES, here / "unmanaged", ignore=shutil.ignore_patterns("__pycache__"))
    assert command.main(["fix", "--unsafe-fixes", "unmanaged"]) == 1
    out = capsys.readouterr().out
    assert all(": " in line.partition("not fixed")[2] for line in out.splitlines()[:-1])
    assert "--unsafe-fixes" not in out
    fixed = {path: path.read_text() for path in (here / "unmanaged").rglob("*.py")}
    assert command.main(["fix", "--unsafe-fixes", "unmanaged"]) == 1
    assert fixed == {path: path.read_text() for path in (here / "unmanaged").rglob("*.py")}
    assert capsys.readouterr().out.splitlines()[-1].startswith("0 fixed")


def test_json_tells_what_the_fixer_can_do(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import json

    never = "\n\ndef h(nc):\n    return nats.connect('u')\n\n\nasync def i(url):\n    await nats.connect(url)\n"
    (here / "a.py").write_text(SAFE + UNSAFE.replace("import nats\n", "") + never)
    command.main(["check", "--output-format", "json", "a.py"])
    assert [one["fix"] for one in json.loads(capsys.readouterr().out)] == ["safe", "unsafe", None]


def test_ast_grep_is_imported_only_where_there_is_something_to_fix(here: Path) -> None:
    script = (
        "import sys; from flake8_naq.cli.main import main; code = main(['fix', sys.argv[1]]);"
        "print(code, 'ast_grep_py' in sys.modules)"
    )
    for text, expected in (("x = 1\n", "0 False"), (FIXED, "0 False"), (SAFE, "0 True")):
        (here / "a.py").write_text(text)
        command_line = [sys.executable, "-c", script, "a.py"]
        done = subprocess.run(command_line, capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == expected
