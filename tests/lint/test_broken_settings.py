"""Settings that cannot be used: file, key and reason, in one line, from the command and from flake8."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint.process import flake8, naq

LEAK = "import nats\n\n\nasync def f():\n    nc = await nats.connect()\n    await nc.publish('a', b'b')\n"


SETTINGS = {
    "[tool.flake8-naq]\nresourc = 1\n": "unknown key 'resourc'",
    "[tool.flake8-naq]\nselect = 3\n": "select: expected a list of codes",
    "[[tool.flake8-naq.resource]]\nname = 'f'\n": "key 'acquire' is missing",
    "[[tool.flake8-naq.resource]]\nname = 'f'\nacquires = ['open']\n": "did you mean 'acquire'?",
    "[[tool.flake8-naq.resource]]\nname='f'\nacquire=['open']\nrelease-methods=['close']\nmanager='with x({arg})'\n": (
        "placeholders"
    ),
    "[tool.flake8-naq\n": "pyproject.toml",
}


@pytest.mark.parametrize("text", SETTINGS)
def test_a_broken_setting_names_file_key_and_reason(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    (tmp_path / "a.py").write_text(LEAK)
    done = naq("check", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert SETTINGS[text] in done.stderr
    assert "pyproject.toml" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    plugin = flake8(".", cwd=tmp_path)
    assert plugin.returncode != 0
    assert "Traceback" not in plugin.stderr + plugin.stdout
    assert SETTINGS[text] in plugin.stderr + plugin.stdout


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tool = 3\n# flake8-naq", ""),
        ("[tool]\nflake8-naq = 3\n", "tool.flake8-naq: expected a table, got 3"),
        ('[tool.flake8-naq]\nconfig = "self."\n', "tool.flake8-naq.config: expected an expression such as"),
        ('[tool.flake8-naq]\nbaseline = ["a"]\n', "tool.flake8-naq.baseline: expected a string such as"),
    ],
)
def test_settings_of_the_wrong_kind(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    done = naq("check", ".", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == ((2, 1) if expected else (0, 0))
    assert expected in done.stderr
