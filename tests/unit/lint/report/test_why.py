"""What a finding follows from, as `explain --why` prints it."""

from __future__ import annotations

from pathlib import Path

import pytest

from flake8_naq.cli.main import main

PROJECTS = Path(__file__).parent.parent / "linking" / "projects"


@pytest.mark.parametrize(
    ("path", "statement", "steps"),
    [
        (
            "functions/app/uses_factories.py",
            "async def leaks_on_some_paths",
            [
                "+1: the connection is acquired by 'get_client' (app/clients.py:7)",
                "+2: it stays open where this line raises",
                "+3: 'shut' (app/clients.py:40) releases it",
                "+3: 'shut(nc)' releases it",
            ],
        ),
        (
            "functions/app/inner/uses_helpers.py",
            "async def lent",
            [
                "+1: the connection is acquired",
                "+2: 'work' (app/tools.py:8) only uses it",
                "+2: the function ends, and nothing has released it or taken it over",
            ],
        ),
        (
            "owners/app/uses.py",
            "async def lent",
            [
                "+2: the Bus opens what it owns (app/bus.py:12)",
                "+3: 'work' (app/helpers.py:4) only uses it",
                "+3: the function ends, and nothing has released it or taken it over",
            ],
        ),
    ],
)
def test_the_steps(
    path: str, statement: str, steps: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _, name = path.partition("/")
    monkeypatch.chdir(PROJECTS / folder)
    lines = (PROJECTS / path).read_text().splitlines()
    first = next(number for number, line in enumerate(lines, 1) if line.startswith(statement))
    finding = next(number for number in range(first, first + 4) if "expect" in lines[number - 1])
    assert main(["explain", "--why", f"{name}:{finding}"]) == 0
    head, *shown = capsys.readouterr().out.splitlines()
    assert head.startswith(f"{name}:{finding}:")
    expected = [(first + int(step.partition(":")[0]), step.partition(": ")[2]) for step in steps]
    assert shown == [f"  line {line}: {text}" for line, text in expected]


@pytest.mark.parametrize(
    ("place", "error"),
    [
        ("a.py", "--why: expected a file and a line such as app/main.py:12, got 'a.py'"),
        ("a.py:x", "--why: expected a file and a line such as app/main.py:12, got 'a.py:x'"),
        ("missing.py:1", "missing.py: No such file or directory"),
        ("fine.py:1", "fine.py:1: no finding starts on this line, and nothing on it is known to open a resource"),
        ("broken.py:1", "broken.py: line 1: not checked: invalid syntax"),
    ],
)
def test_what_cannot_be_explained(
    tmp_path: Path, place: str, error: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fine.py").write_text("import nats\n")
    (tmp_path / "broken.py").write_text("import nats !\n")
    assert main(["explain", "--why", place]) == 2
    assert capsys.readouterr().err == f"flake8-naq: {error}\n"


def test_no_more_is_explained_than_check_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A library's own modules import it by relative imports alone, and `check` leaves them out."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "requests").mkdir()
    for name in ("__init__", "sessions"):
        (tmp_path / "requests" / f"{name}.py").write_text("class Session:\n    pass\n")
    documentation = '"""Get a page.\n\n    >>> import requests\n"""\nfrom . import sessions\n\n\n'
    function = "def get(url):\n    session = sessions.Session()\n    return session.get(url)\n"
    (tmp_path / "requests" / "api.py").write_text(documentation + function)
    assert main(["check", "--no-cache", "requests"]) == 0
    assert main(["explain", "--why", "requests/api.py:9"]) == 2
    assert capsys.readouterr().err.startswith("flake8-naq: requests/api.py:9: no finding starts on this line")
