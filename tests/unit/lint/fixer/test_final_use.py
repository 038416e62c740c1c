"""A block around a last use whose arguments may fail."""

from __future__ import annotations

import pytest

from flake8_naq.fixer import fix_source
from flake8_naq.project.settings import Settings

HEAD = "import subprocess\n\n\ndef f(text):\n"
OPENED = "p = subprocess.Popen(['copy'], stdin=subprocess.PIPE)"
BLOCK = "with subprocess.Popen(['copy'], stdin=subprocess.PIPE) as p:"
ENDED = "p.communicate(input=text.encode())"


def written(body: str) -> str:
    return HEAD + "".join(f"    {line}\n" for line in body.split("\n"))


def fixed(source: str, *, unsafe: bool = False) -> str:
    return fix_source(source, Settings(catalogues=("processes",)), unsafe=unsafe).source


@pytest.mark.parametrize("use", [ENDED, f"out, _ = {ENDED}", f"out: tuple = {ENDED}", f"return {ENDED}[0]"])
def test_it_ends_where_the_arguments_fail(use: str) -> None:
    assert fixed(written(f"{OPENED}\n{use}")) == written(f"{BLOCK}\n    {use}")


def test_what_is_left_of_it_is_read_behind_the_block() -> None:
    assert fixed(written(f"{OPENED}\n{ENDED}\nreturn p.returncode")) == written(
        f"{BLOCK}\n    {ENDED}\nreturn p.returncode"
    )


@pytest.mark.parametrize(
    "body",
    [
        f"{OPENED}\np.communicate(timeout=text.encode())",
        f"{OPENED}\np.communicate(input=text.encode(), timeout=3)",
        f"{OPENED}\np.communicate(**text.encode())",
        f"{OPENED}\np.communicate(text.encode())",
        f"{OPENED}\np.wait(text())",
        f"{OPENED}\np.send_signal(sig=text())\np.communicate()",
        f"{OPENED}\np.communicate(p.send_signal(sig=text()))",
        f"{OPENED}\nreturn {ENDED} if text else None",
        f"{OPENED}\n{ENDED}\np.kill()",
        f"{OPENED}\ntext()\n{ENDED}",
        f"{OPENED}\nif text:\n    {ENDED}",
        f"{OPENED}\nif text():\n    {ENDED}\nelse:\n    p.wait()",
        f"{OPENED}\nfor line in text:\n    {ENDED}",
        f"{OPENED}\ntext(p.communicate(input=text()), p.communicate(input=text()))",
        f"try:\n    {OPENED}\n    {ENDED}\nexcept ValueError:\n    raise OSError(p.pid)",
        f"try:\n    {OPENED}\n    {ENDED}\nfinally:\n    text(p)",
        f"{OPENED}\ntry:\n    {ENDED}\nexcept ValueError:\n    p.kill()\n    raise",
    ],
)
def test_a_block_that_may_wait_longer_is_not_written(body: str) -> None:
    assert BLOCK not in fixed(written(body))
