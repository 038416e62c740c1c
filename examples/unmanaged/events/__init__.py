"""Life-cycle and system events: publishing them, listening for them, managing handlers."""
