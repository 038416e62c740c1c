"""The findings of a run of flake8, kept for the next run: in the folder that `check` uses, and under other names.

Their names say which rules were on. `check` keeps the findings of all rules; flake8 would pay for those that are off.
"""

from __future__ import annotations

from collections.abc import Callable

from flake8_naq.linking.analysed import Judged
from flake8_naq.linking.modules import Modules
from flake8_naq.project.settings import Settings
from flake8_naq.run import result_cache


class KeptFindings:
    """What was found in files under these settings, `select` being the rules that are on."""

    def __init__(self, folder: str, settings: Settings, modules: Modules) -> None:
        self._folder = folder
        self._settings = settings
        self._modules = modules
        self._is_pruned = False

    def of(self, source: bytes, path: str, analyse: Callable[[], Judged]) -> Judged:
        """Return what an earlier run has found in the file, and otherwise what `analyse` finds, which is kept."""
        name = result_cache.name_of(source, path, self._settings, self._modules)
        kept = result_cache.load(self._folder, name, path, self._modules)
        if kept is None:
            kept = analyse()
            self._prune()
            result_cache.save(self._folder, name, kept, self._modules.digests.needed_for(source, path))
        return kept

    def _prune(self) -> None:
        """Make room once before something new is kept: a plugin is not told when the run ends."""
        if not self._is_pruned:
            self._is_pruned = True
            result_cache.prune(self._folder)
