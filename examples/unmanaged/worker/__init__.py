"""Running jobs, and what is kept about them: their state, their workers, their failures."""
