"""The worker of `naq worker --reload`, as a process: it ends when the process that started it is gone.

Standard input is a pipe that only the starting process holds open, and never writes to.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from naq.cli import main


def _end_with(pipe: int) -> None:
    """Stop this process when the other end of the pipe is closed."""
    while os.read(pipe, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    lifeline = os.dup(0)
    # A job that reads standard input finds its end.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    threading.Thread(target=_end_with, args=(lifeline,), name="naq lifeline", daemon=True).start()
    sys.exit(main())
