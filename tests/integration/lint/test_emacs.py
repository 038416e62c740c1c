"""The recipes of docs/editors.md in the real Emacs: warnings arrive, and what is saved has the fix.

`apt-get install emacs-nox elpa-eglot elpa-lsp-mode` brings the editor and its clients.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lint.editor_recipes import BY_HAND, SEARCHED, recipes
from lint.process import naq
from lint.sources import LEAK

EGLOT, LSP_MODE = recipes("elisp")
EMACS = shutil.which("emacs", path=SEARCHED)
PACKAGES = ("--batch", "--load", "package", "--funcall", "package-initialize")
# A script has no command loop: what Emacs does between commands is called here.
WITH_EGLOT = """
(require 'eglot)
(find-file "app.py")
(run-hooks 'post-command-hook)
(let ((end (+ (float-time) 60)))
  (while (and (not (flymake-diagnostics)) (< (float-time) end))
    (accept-process-output nil 0.05)
    (when (bound-and-true-p flymake-mode) (flymake-start))))
(dolist (one (flymake-diagnostics))
  (message "found line %d: %s" (line-number-at-pos (flymake-diagnostic-beg one)) (flymake-diagnostic-text one)))
(message "root %s" (expand-file-name (project-root (project-current))))
(set-buffer-modified-p t)
(save-buffer)
(message "modified %s" (buffer-modified-p))
"""
WITH_LSP_MODE = """
(require 'lsp-mode)
(setq lsp-auto-guess-root t lsp-disabled-clients '(pylsp pyls))
(find-file "app.py")
(let ((end (+ (float-time) 60)))
  (while (and (= (hash-table-count (lsp-diagnostics)) 0) (< (float-time) end))
    (accept-process-output nil 0.05)))
(maphash (lambda (file found)
  (seq-doseq (one found)
    (message "found line %d: %s %s" (1+ (lsp-get (lsp-get (lsp-get one :range) :start) :line))
                                    (lsp-get one :code) (lsp-get one :message))))
  (lsp-diagnostics))
(message "root %s" (lsp-workspace-root))
"""


def _needs(client: str) -> None:
    """Skip the test where there is no Emacs with this package; to ask takes too long for each collection of the tests."""
    if EMACS is not None:
        command = [EMACS, *PACKAGES, "--eval", f"(require '{client})"]
        if subprocess.run(command, capture_output=True, check=False).returncode == 0:
            return
    pytest.skip(f"needs Emacs with {client}")


@pytest.fixture(scope="module")
def eglot() -> None:
    _needs("eglot")


@pytest.fixture(scope="module")
def lsp_mode() -> None:
    _needs("lsp-mode")


def edited(recipe: str, script: str, source: str, folder: Path) -> str:
    """Open `app.py` with this text in the editor, do what the script says, and return what the editor said."""
    assert EMACS is not None
    project = folder / "project"
    (project / "package").mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", project], check=True)
    (project / "package" / "app.py").write_text(source, "utf-8")
    (folder / "init.el").write_text(recipe)
    (folder / "script.el").write_text(script)
    done = subprocess.run(
        [EMACS, *PACKAGES, "--load", "../../init.el", "--load", "../../script.el"],
        cwd=project / "package",
        env={**os.environ, "HOME": str(folder), "PATH": SEARCHED, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.usefixtures("eglot")
def test_eglot_shows_the_warning_and_fixes_on_save(tmp_path: Path) -> None:
    said = edited(EGLOT, WITH_EGLOT, BY_HAND, tmp_path)
    assert "found line 5: flake8-naq [NAQ101]: connection 'nc' is closed by hand" in said
    assert f"root {tmp_path / 'project'}/\n" in said
    assert "modified nil" in said
    written = tmp_path / "project" / "package" / "app.py"
    assert "async with await nats.connect() as nc:" in written.read_text("utf-8")
    assert naq("check", str(written), cwd=tmp_path).returncode == 0


@pytest.mark.usefixtures("eglot")
def test_eglot_leaves_what_has_no_safe_fix(tmp_path: Path) -> None:
    said = edited(EGLOT, WITH_EGLOT, LEAK, tmp_path)
    assert "[NAQ103]" in said
    assert "modified nil" in said
    assert (tmp_path / "project" / "package" / "app.py").read_text("utf-8") == LEAK


@pytest.mark.usefixtures("lsp_mode")
def test_lsp_mode_shows_the_warning(tmp_path: Path) -> None:
    said = edited(LSP_MODE, WITH_LSP_MODE, BY_HAND, tmp_path)
    assert "found line 5: NAQ101 connection 'nc' is closed by hand" in said
    assert f"root {tmp_path / 'project'}\n" in said
