"""The command `naq dashboard`: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from urllib.request import urlopen

import pytest

from naq.cli import main
from naq.config import Config
from naq_support.processes import environment_of


@pytest.mark.parametrize(
    ("options", "expected", "end", "code"),
    [
        ([], r"dashboard on (http://127\.0\.0\.1:\d+/) \(read-only\); Ctrl-C ends it", signal.SIGINT, 130),
        (
            ["--allow-actions", "--host", "0.0.0.0"],
            r"dashboard on (http://127\.0\.0\.1:\d+/\?token=[\w-]{43}) \(it may requeue .*",
            signal.SIGTERM,
            0,
        ),
    ],
)
def test_it_serves_until_a_signal(options: list[str], expected: str, end: signal.Signals, code: int, naq_config: Config) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "naq", "dashboard", "--port", "0", *options],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, **environment_of(naq_config), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.readline().rstrip("\n")
    try:
        match = re.fullmatch(expected, said)
        assert match is not None, said
        with urlopen(match[1], timeout=60) as page:
            # This client keeps no cookie, so that for other machines it sees the form alone.
            assert ("There are no queues yet" if "--host" not in options else "Token") in page.read().decode()
    finally:
        process.send_signal(end)
        out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in errors


def test_bad_options_are_one_line(naq_config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name, value in environment_of(naq_config).items():
        monkeypatch.setenv(name, value)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for options, said in (
            (["--port", port], f"127.0.0.1:{port} is in use by another program; --port chooses another port"),
            (["--host", "192.0.2.1", "--port", "0"], "cannot listen on 192.0.2.1:0: Cannot assign requested address"),
            (["--host", "a b"], "expected HOST:PORT"),
            (["--port", "x"], "'x' is not a valid integer"),
        ):
            assert main(["dashboard", *options]) == 2
            errors = capsys.readouterr().err
            assert said in errors
            assert errors.count("\n") == 1


def test_without_its_packages_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delitem(sys.modules, "naq.dashboard.serving", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["dashboard"]) == 2
    assert "pip install 'naq[dashboard]'" in capsys.readouterr().err


def test_a_token_of_the_settings_is_not_printed(naq_config: Config) -> None:
    token = "kept-in-the-settings"
    process = subprocess.Popen(
        [sys.executable, "-m", "naq", "dashboard", "--port", "0", "--allow-actions", "--json"],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**os.environ, **environment_of(naq_config), "NAQ_DASHBOARD__TOKEN": token, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.readline()
    try:
        url = json.loads(said)["url"]
        with urlopen(f"{url}?token={token}", timeout=60) as page:
            assert "Sign in" in page.read().decode(), "the session of the cookie, which this client does not keep"
    finally:
        process.terminate()
        rest = process.communicate(timeout=60)[0]
    assert token not in said + rest
