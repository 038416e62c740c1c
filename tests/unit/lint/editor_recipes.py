"""What the tests of the recipes of docs/editors.md in real editors have in common."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "editors.md"
# The commands of the environment that runs the tests come first.
SEARCHED = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
BY_HAND = """\
import nats


async def f():
    nc = await nats.connect()
    try:
        await nc.publish("a", "é".encode())
    finally:
        await nc.close()
"""


def recipes(language: str) -> list[str]:
    """Return the blocks of the page in a language of editors."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
