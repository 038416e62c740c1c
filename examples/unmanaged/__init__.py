"""A job queue's queue, worker and event modules, as they were written before the context managers."""
