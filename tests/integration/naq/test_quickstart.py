"""The example that the README shows: it runs, without a warning, and prints what the README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from naq.config import Config
from naq_support.processes import environment_of

ROOT = Path(__file__).parents[3]


def test_the_readme_shows_what_the_quickstart_prints() -> None:
    command = [sys.executable, "-W", "error", ROOT / "examples" / "quickstart.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("<!-- quickstart -->\n")[2].partition("<!-- end of quickstart -->")[0]
    assert _without_ids(done.stdout) == _without_ids(dedent(shown))


def test_the_readme_s_first_lines_run_as_they_stand(naq_config: Config, tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## The library\n")[2]
    files = dict(re.findall(r"^    # (\w+\.py): .*\n((?:(?:    .*)?\n)+)", _apart(section), re.MULTILINE))
    assert sorted(files) == ["main.py", "shop.py"]
    for name, text in files.items():
        (tmp_path / name).write_text(dedent(text))
    environment = {**os.environ, **environment_of(naq_config)}
    command = [sys.executable, "-W", "error", "main.py"]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=tmp_path, env=environment, check=False
    )
    assert (done.returncode, done.stdout) == (0, "sent to a@example.org\n"), done.stderr


def _apart(section: str) -> str:
    """The section with a line between its files that is not part of either."""
    return re.sub(r"^    # \w+\.py: ", r"--\n\g<0>", section, flags=re.MULTILINE)


def _without_ids(text: str) -> str:
    return re.sub(r"\b[0-9a-f]{32}\b", "ID", text)
