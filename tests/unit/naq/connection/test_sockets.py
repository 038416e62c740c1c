"""What becomes of a descriptor of the parent in a forked child."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import os, socket, stat
from types import SimpleNamespace
from naq.connection.sockets import let_go

os.close(0)
one, other = socket.socketpair()
assert one.fileno() == 0
writer = SimpleNamespace(get_extra_info=lambda name: one)
let_go(SimpleNamespace(_transport=SimpleNamespace(_bare_io_writer=writer)))
assert stat.S_ISCHR(os.fstat(0).st_mode)
assert other.recv(1) == b""
one.close()
let_go(SimpleNamespace(_transport=SimpleNamespace(_bare_io_writer=writer)))
"""


def test_a_socket_without_standard_input_is_let_go_and_a_closed_one_is_left() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
