"""Asks git: runs it in a folder, and lists what it ignores. Knows nothing of what the answers are for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess

_WORK_TREE = "GIT_WORK_TREE"


def run(folder: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git in `folder`; OSError where it cannot be run, FileNotFoundError where it is not installed."""
    import subprocess  # slow to import, and needed in repositories only

    # A hook of a worktree is told where git's folder is, and then any folder would be taken for the top of the tree.
    environment = {name: value for name, value in os.environ.items() if name != "GIT_DIR" or _WORK_TREE in os.environ}
    return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, check=False, env=environment)


def ignored(folder: str) -> frozenset[str]:
    """The untracked files and folders below `folder` that git ignores, as paths that begin with `folder`.

    Empty outside of a repository, without git, and where `folder` is ignored itself: then it was named on purpose.
    """
    if not _in_repository(folder):
        return frozenset()
    try:
        done = run(folder, "ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
    except OSError:
        return frozenset()
    names = [os.fsdecode(name).rstrip("/") for name in done.stdout.split(b"\0") if name]
    if done.returncode or "." in names:
        return frozenset()
    return frozenset(os.path.join(folder, *name.split("/")) for name in names)


def _in_repository(folder: str) -> bool:
    current = os.path.realpath(folder)
    while not os.path.lexists(os.path.join(current, ".git")):
        above = os.path.dirname(current)
        if above == current:
            return False
        current = above
    return True
