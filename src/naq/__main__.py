"""`python -m naq` is the command `naq`."""

from __future__ import annotations

import sys

from naq.cli import main

if __name__ == "__main__":
    sys.exit(main())
