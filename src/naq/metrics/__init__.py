"""Metrics and health checks of a worker over HTTP. Imported only by a worker that serves them."""
