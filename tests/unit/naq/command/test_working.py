"""The command `naq worker`: what its process does besides running a `Worker`."""

from __future__ import annotations

import gc

from naq.config import Config
from naq_support.command import Naq, config, naq

__all__ = ["config", "naq"]


def test_the_garbage_collector_leaves_out_what_lives_as_long_as_the_worker(config: Config, naq: Naq) -> None:
    def frozen() -> int:
        job = naq.json("enqueue", "gc:get_freeze_count")["id"]
        naq("worker", "--burst", "--quiet", "--modules", "gc")
        return int(naq.json("result", job)["result"])

    # The suite has frozen its objects, which the command leaves alone.
    assert frozen() > 1_000
    assert gc.get_freeze_count() > 1_000
    gc.unfreeze()
    try:
        assert frozen() > 1_000
        assert gc.get_freeze_count() == 0
    finally:
        gc.freeze()
