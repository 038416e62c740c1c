"""The order in which the files of the suite start: the slow files first, so that no worker is left with a slow file at the end.

With `make test` each worker takes the next file when it has finished a file. Add a file that takes longer than about
five seconds; `pytest --durations=50` shows such files. A file that is missing here costs time, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

TESTS = Path(__file__).parents[1]
# Beginning with the slowest; files that wait for servers and files that compute alternate, so that the cores stay busy.
SLOW = (
    "integration/lint/test_distributions.py",
    "unit/naq/worker/test_fence.py",
    "unit/lint/test_robustness.py",
    "integration/lint/test_pre_commit.py",
    "integration/lint/test_agreement.py",
    "integration/naq/test_guide.py",
    "integration/naq/faults/test_server.py",
    "unit/lint/fixer/truth/test_no_harm.py",
    "integration/naq/faults/test_proxy.py",
    "integration/naq/faults/test_limits.py",
    "unit/lint/lsp/test_fixes.py",
    "integration/lint/test_documented_commands.py",
    "integration/naq/faults/test_full.py",
    "unit/naq/worker/test_ack_wait.py",
    "unit/naq/worker/test_stopping.py",
    "unit/lint/truth/test_truth.py",
    "unit/naq/connection/test_cancellation.py",
    "integration/naq/faults/test_cluster.py",
    "unit/naq/connection/test_faults.py",
    "unit/naq/dashboard/test_pages.py",
    "unit/naq/connection/test_cluster.py",
    "unit/lint/cli/test_check_options.py",
    "integration/naq/faults/test_soak.py",
    "integration/lint/test_streams.py",
    "integration/naq/faults/test_memory.py",
    "unit/lint/lsp/test_warnings.py",
    "integration/naq/test_cli_processes.py",
    "unit/naq/worker/test_lost_runs.py",
    "unit/naq/connection/test_pool.py",
    "integration/lint/test_emacs.py",
    "unit/lint/test_fuzz.py",
    "unit/naq/connection/test_subjects.py",
    "unit/naq/worker/test_lost_store.py",
    "unit/lint/test_odd_files.py",
    "integration/lint/test_neovim.py",
    "integration/lint/test_terminal.py",
    "unit/lint/test_linter_pages.py",
    "unit/naq/queue/test_result_faults.py",
    "unit/lint/lsp/test_nonsense.py",
    "integration/naq/test_dashboard_browser.py",
    "unit/lint/lsp/test_settings.py",
    "unit/naq/worker/test_processes.py",
    "unit/naq/worker/test_limiter.py",
    "unit/naq/worker/test_core.py",
    "integration/naq/faults/test_stalls.py",
    "unit/lint/report/test_formats.py",
    "unit/naq/queue/test_cancelling.py",
    "unit/naq/worker/test_intake.py",
    "unit/lint/run/test_planned_fixes.py",
    "unit/naq/dashboard/test_newest.py",
    "unit/lint/fixer/test_examples_at_work.py",
)
_RANKS: Mapping[Path, int] = {TESTS / name: number for number, name in enumerate(SLOW)}


def rank(file: Path) -> int:
    """Return the place of a file in the order of the suite; all files that are not slow share the last place."""
    return _RANKS.get(file, len(SLOW))
