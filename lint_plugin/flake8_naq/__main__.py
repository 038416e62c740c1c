"""`python -m flake8_naq` is the command `flake8-naq`."""

from __future__ import annotations

import os
import sys

# Python puts the working folder first, whose modules may have the names of those of the standard library.
if sys.path[0] in ("", os.getcwd()):
    del sys.path[0]

from flake8_naq.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
