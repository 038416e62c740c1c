"""The dashboard: pages about queues, workers, jobs and failures. Needs the extra `dashboard`."""
