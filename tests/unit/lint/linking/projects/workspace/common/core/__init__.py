"""What all services use."""

from core.bus import Bus as Bus
