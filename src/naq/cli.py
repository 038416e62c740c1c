"""The command `naq`: its entry point, and the message for each error. The commands are in `naq.command`.

Exit codes: 0 done, 1 failed (no server, no such job, a job that failed), 2 usage error, 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

MISUSED, INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code. An error that the caller can correct is one line, not a traceback."""
    try:
        from naq.command import run

        return run(list(sys.argv[1:] if arguments is None else arguments))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("click", "rich"):
            raise
        print("naq: the command needs click and rich; pip install 'naq[cli]'", file=sys.stderr)
        return MISUSED
    except KeyboardInterrupt:
        # While the libraries are imported; later, `naq.command` handles it.
        print("naq: interrupted", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
