"""The recipes of docs/editors.md in the real Neovim: they fix on save, and what is written has the fix.

Debian's package `neovim` brings one for the recipe for older versions, `make test-editors` a newer one; each `nvim` in
PATH is tried with the recipe for its version.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lint.editor_recipes import BY_HAND, SEARCHED, recipes
from lint.process import naq
from lint.sources import LEAK

NEWER, OLDER = recipes("lua")
# Waits for the first warning of the server, writes the file, and says what the editor has by then. Neovim 0.7 keeps the
# code of a warning among what the client sent.
SCRIPT = r"""
if not vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 20) then
  vim.cmd("cquit")
end
local found = vim.diagnostic.get(0)[1]
print("found " .. (found.code or found.user_data.lsp.code))
vim.cmd("write")
print("\nmodified " .. tostring(vim.bo.modified))
for _, client in ipairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
  print("\nroot " .. tostring(client.config.root_dir))
end
vim.cmd("qall!")
"""


def _editors() -> dict[str, str]:
    """Return the program and the recipe of each version that is in PATH."""
    found = {}
    for folder in SEARCHED.split(os.pathsep):
        program = shutil.which("nvim", path=folder)
        if program is not None:
            said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
            found.update(dict.fromkeys(re.findall(r"^NVIM v(\S+)", said), program))
    return found


EDITORS = _editors()
each_editor = pytest.mark.parametrize(
    "version", list(EDITORS) or [pytest.param("", marks=pytest.mark.skip(reason="no Neovim here"))]
)


def edited(version: str, source: str, folder: Path) -> str:
    """Open `app.py` with this text in the editor, write it there, and return what the editor said."""
    project = folder / "project"
    (project / "package").mkdir(parents=True)
    (project / "pyproject.toml").write_text("")
    (project / "package" / "app.py").write_text(source, "utf-8")
    newer = tuple(map(int, re.findall(r"\d+", version)[:2])) >= (0, 11)
    (folder / "init.lua").write_text(NEWER if newer else OLDER)
    (folder / "script.lua").write_text(SCRIPT)
    homes = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    done = subprocess.run(
        [EDITORS[version], "--headless", "-i", "NONE", "-n", "-u", "../../init.lua", "app.py", "-c", "luafile ../../script.lua"],
        cwd=project / "package",
        env={**os.environ, **homes, "HOME": str(folder), "PATH": SEARCHED},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return (done.stdout + done.stderr).replace("\r", "")


@each_editor
def test_the_recipe_fixes_on_save(version: str, tmp_path: Path) -> None:
    said = edited(version, BY_HAND, tmp_path)
    assert "found NAQ101" in said
    assert "modified false" in said
    assert re.search(rf"root {tmp_path / 'project'}(\n|$)", said)
    written = tmp_path / "project" / "package" / "app.py"
    assert "async with await nats.connect() as nc:" in written.read_text("utf-8")
    assert naq("check", str(written), cwd=tmp_path).returncode == 0


@each_editor
def test_the_recipe_leaves_what_has_no_safe_fix(version: str, tmp_path: Path) -> None:
    said = edited(version, LEAK, tmp_path)
    assert "found NAQ103" in said
    assert "modified false" in said
    assert (tmp_path / "project" / "package" / "app.py").read_text("utf-8") == LEAK
