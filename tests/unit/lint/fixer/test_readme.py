"""The README shows the fixer with its real output, and calls its function as it is."""

from __future__ import annotations

import textwrap
from pathlib import Path

from flake8_naq.fixer import fix_source
from flake8_naq.project.settings import read_settings
from lint.process import naq

README = (Path(__file__).parents[4] / "README.md").read_text("utf-8")
APP = """import nats

URL = "nats://localhost:4222"


async def announce(text: str) -> None:
    nc = await nats.connect(URL)
    try:
        js = nc.jetstream()
        await js.publish("news", text.encode())  # stored when this returns
    finally:
        await nc.close()


async def greet(name: str) -> None:
    nc = await nats.connect(URL)
    await nc.publish("greetings", name.encode())
"""


def test_the_output_is_real(tmp_path: Path) -> None:
    shown = textwrap.dedent(README.partition("## Fix\n\n")[2].partition("\n\nA safe fix")[0])
    (tmp_path / "app.py").write_text(APP)
    command, *output = shown.splitlines()
    assert command == "$ flake8-naq fix --diff app.py"
    done = naq("fix", "--diff", "app.py", cwd=tmp_path)
    assert [line.rstrip() for line in (done.stdout + done.stderr).splitlines()] == output
    assert done.returncode == 1


def test_the_function_is_as_shown(tmp_path: Path) -> None:
    result = fix_source(APP, read_settings(tmp_path), unsafe=False, path="app.py")
    assert "async with await nats.connect(URL) as nc:" in result.source
    assert [one.finding.code for one in result.applied] == ["NAQ101"]
    assert [(one.finding.code, one.reason.partition(":")[0]) for one in result.unfixed] == [
        ("NAQ103", "only with --unsafe-fixes")
    ]
