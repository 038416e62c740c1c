"""Putting jobs on a queue: one at a time, at a given time, and many at once."""
