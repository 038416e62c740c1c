"""Settings that cannot be used: file, key and reason, in one line, from the command and from flake8."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint.process import flake8, naq
from lint.sources import LEAK

SETTINGS = {
    "[tool.flake8-naq]\nresourc = 1\n": "unknown key 'resourc'; did you mean 'resource'?",
    "[tool.flake8-naq]\ncatalogs = ['files']\n": "unknown key 'catalogs'; did you mean 'catalogues'?",
    "[tool.flake8-naq]\nzzz = 1\n": "unknown key 'zzz'; expected one of resource, ",
    "[tool.flake8-naq.priority]\nhihg = ['a']\n": "priority: unknown key 'hihg'; did you mean 'high'?",
    "[tool.flake8-naq]\nselect = 3\n": "select: expected a list of codes",
    "[[tool.flake8-naq.resource]]\nname = 'f'\n": "key 'acquire' is missing",
    "[[tool.flake8-naq.resource]]\nname = 'f'\nacquires = ['open']\n": "did you mean 'acquire'?",
    "[[tool.flake8-naq.resource]]\nname='f'\nacquire=['open']\nrelease-methods=['close']\nmanager='with x({arg})'\n": (
        "placeholders"
    ),
    "[tool.flake8-naq\n": "pyproject.toml",
    '[tool.flake8-naq]\nbaseline = "a\\u0000b"\n': "baseline: no path has a null byte",
    "[tool.flake8-naq]\nresource = 5\n": "resource: expected an array of tables ([[...resource]]), got int 5",
    "[tool.flake8-naq]\nresource = [5]\n": "resource[0]: expected a table, got int 5",
    "[[tool.flake8-naq.resource]]\nname = 5\n": "name: expected",
    "[[tool.flake8-naq.resource]]\nname='f'\nacquire=['a b']\n": "acquire: expected names like 'package.function'",
    "[[tool.flake8-naq.resource]]\nname='f'\nacquire=[]\nmanager='with x'\n": "acquire: expected at least one name",
    "[[tool.flake8-naq.resource]]\nname='f'\nacquire=['open']\nmanager='with open({args})'\n": (
        "expected 'release-methods' or 'release-functions', or nothing could release it"
    ),
    "[[tool.flake8-naq.resource]]\nname='f'\nacquire=['open']\nrelease-methods=['close']\nmanager='open()'\n": (
        "manager: expected text that starts with 'with ' or 'async with '"
    ),
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
    (tmp_path / "a.py").write_text("")
    done = naq("check", ".", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == ((2, 1) if expected else (0, 0))
    assert expected in done.stderr


def test_a_mark_before_the_settings_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b'\xef\xbb\xbf[tool.flake8-naq]\r\nselect = ["NAQ203"]\r\nbaseline = " "\r\n')
    (tmp_path / "a.py").write_text("import nats\n")
    assert naq("check", ".", cwd=tmp_path).stderr == ""
    assert flake8("--isolated", "--select", "NAQ", ".", cwd=tmp_path).stderr == ""
