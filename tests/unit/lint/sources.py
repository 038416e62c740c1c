"""Sources that several tests check: one finding each, or none."""

from __future__ import annotations

LEAK = "import nats\n\n\nasync def f():\n    nc = await nats.connect()\n    await nc.publish('a', b'b')\n"
