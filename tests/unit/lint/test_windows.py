"""What differs on Windows, emulated: drives, backslashes, text mode, names that are no text, no fork."""

from __future__ import annotations

import importlib.util
import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flake8_naq.baseline.ledger import Ledger, covers
from flake8_naq.cli import main as command
from flake8_naq.inventory.take import _relative as inventory_path
from flake8_naq.project import git
from flake8_naq.project.discovery import FILENAMES, Discovery, Patterns, rooted
from flake8_naq.project.paths import ANY_TEXT, encoded, file_url, is_below, near
from flake8_naq.report import sarif
from flake8_naq.report.record import printable, relative
from flake8_naq.report.unified_diff import patch
from flake8_naq.run import check_files, first_look, worker_pool
from lint.process import naq
from lint.sources import LEAK
from lint.windows import paths_as_on_windows, reads_as_on_windows

HAND_CLOSED = b"import nats\r\n\r\n\r\nasync def f(u):\r\n    nc = await nats.connect(u)\r\n    try:\r\n" + (
    b"        await nc.flush()\r\n    finally:\r\n        await nc.close()\r\n"
)


@pytest.fixture
def windows() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as emulation:
        paths_as_on_windows(emulation)
        yield emulation


@pytest.fixture
def text_mode(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The module is loaded as Windows loads it: with the flags that the system has."""
    reads_as_on_windows(monkeypatch)
    monkeypatch.setattr(first_look, "_READ", os.O_RDONLY | os.O_BINARY)
    return monkeypatch


def test_files_are_opened_in_binary_mode() -> None:
    with pytest.MonkeyPatch.context() as emulation:
        reads_as_on_windows(emulation)
        spec = importlib.util.spec_from_file_location("first_look_on_windows", str(first_look.__file__))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert module._READ & os.O_BINARY


def test_lines_that_end_with_crlf_can_be_fixed(tmp_path: Path, text_mode: object) -> None:
    (tmp_path / "a.py").write_bytes(HAND_CLOSED)
    done = naq("fix", "a.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    fixed = (tmp_path / "a.py").read_bytes()
    assert b"async with await nats.connect(u) as nc:\r\n" in fixed
    assert fixed.count(b"\n") == fixed.count(b"\r\n")


def test_code_behind_a_control_z_is_read(tmp_path: Path, text_mode: object) -> None:
    (tmp_path / "a.py").write_bytes(b'"""\x1a"""\n' + LEAK.encode())
    assert "NAQ103" in naq("check", "a.py", cwd=tmp_path).stdout


def test_a_file_on_another_drive_has_its_full_path(windows: object) -> None:
    assert near(r"C:\a\b.py") == r"C:\a\b.py"
    assert near(r"D:\work\b.py") == "b.py"
    assert (is_below(r"C:\a", r"D:\work"), is_below(r"D:\work\a", r"d:\WORK"), is_below(r"D:\a", r"D:\work")) == (
        False, True, False,
    )  # fmt: skip
    assert relative(r"C:\a\b.py") == "C:/a/b.py"
    assert relative(r"sub\b.py") == "sub/b.py"
    assert inventory_path(r"C:\a\b.py") == "C:/a/b.py"


def test_a_baseline_on_another_drive_covers_nothing(windows: object) -> None:
    assert covers([r"D:\work"], r"D:\work\a.py")
    assert not covers([r"D:\work"], r"C:\known")
    assert Ledger(r"C:\base", {}).name(r"D:\work\sub\a.py") == "D:/work/sub/a.py"
    assert Ledger(r"D:\work", {}).name(r"sub\a.py") == "sub/a.py"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (r"C:\my work\é.py", "file:///C:/my%20work/%C3%A9.py"),
        (r"\\server\share\a.py", "file://server/share/a.py"),
    ],
)
def test_addresses_have_drives(windows: object, path: str, address: str) -> None:
    assert file_url(path) == address
    assert sarif._artifact(relative(path)) == {"uri": address}


def test_addresses_without_drives() -> None:
    assert file_url("/my work/é.py") == "file:///my%20work/%C3%A9.py"
    assert sarif._artifact("a:b.py") == {"uri": "a%3Ab.py", "uriBaseId": "SRCROOT"}


def test_a_patch_names_files_as_git_does(windows: object) -> None:
    assert [*patch(r"sub\a.py", b"a\n", b"b\n")][:2] == [b"--- a/sub/a.py\n", b"+++ b/sub/a.py\n"]
    assert next(iter(patch(r"C:\x\a.py", b"a\n", b"b\n"))) == b"--- a/x/a.py\n"


@pytest.mark.parametrize("pattern", ["sub/made", r"sub\made", "SUB/Made", "*/made", "Made"])
def test_patterns_take_either_slash_and_no_case(windows: object, pattern: str) -> None:
    [absolute] = rooted([pattern], "D:\\work")  # type: ignore[arg-type]
    assert Patterns([absolute]).match(r".\sub\made", "made")
    assert not Patterns([absolute]).match(r".\sub\mad", "mad")


def test_names_are_compared_without_case(windows: object) -> None:
    assert Discovery(Patterns(()), FILENAMES, lambda path, reason: None, lambda path, entries: None).suffixes is None


def test_what_git_ignores_has_the_separator_of_the_system(windows: pytest.MonkeyPatch) -> None:
    class Done:
        returncode, stdout = 0, b"made/\0sub/generated.py\0"

    windows.setattr(git, "_in_repository", lambda folder: True)
    windows.setattr(git, "run", lambda *arguments: Done)
    assert git.ignored(".") == {r".\made", r".\sub\generated.py"}


@pytest.mark.parametrize("name", ["grüße.py", os.fsdecode(b"\xff.py"), "half \ud800.py"])
def test_any_name_can_be_written(name: str) -> None:
    screen = io.TextIOWrapper(io.BytesIO(), "utf-8", ANY_TEXT)
    print(name, file=screen)
    assert encoded(name) in (os.fsencode(name) if name[0] != "h" else b"half \\ud800.py")
    printable(name).encode()


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_a_console_of_another_encoding_raises_nothing(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    streams = [io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    assert command.main(["check", "日本.py\ud800"]) == 2
    streams[1].flush()
    assert "日本.py\\ud800: no such file".encode() in streams[1].buffer.getvalue()  # type: ignore[attr-defined]


def test_workers_are_new_interpreters_where_there_is_no_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[str | None] = []
    plain: Callable[[str | None], object] = worker_pool.multiprocessing.get_context

    def context(method: str | None = None) -> object:
        started.append(method)
        return plain(method)

    monkeypatch.setattr(worker_pool.multiprocessing, "get_context", context)
    with monkeypatch.context() as emulation:
        emulation.setattr(worker_pool, "sys", type("sys", (), {"platform": "win32"}))
        assert list(worker_pool.spread(abs, [-1, -2, -3], 2, 1)) == [1, 2, 3]
    assert started == ["spawn", "spawn"]


def test_no_more_workers_than_windows_can_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(os, "cpu_count", lambda: 128)
    monkeypatch.setattr(worker_pool, "spread", lambda work, jobs, workers, chunk: asked.append(workers) or iter(()))
    job = check_files.Job("a.py", b" " * 1000, None, None)  # type: ignore[arg-type]
    list(check_files.work_all(check_files.check_one, [job] * 300))
    assert asked[0] < 63
