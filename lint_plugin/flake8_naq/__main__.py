"""`python -m flake8_naq` is the command `flake8-naq`."""

from __future__ import annotations

import sys

from flake8_naq.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
