"""Running jobs, and the records of their states, their workers and their failures."""
