"""naq: a job queue on NATS JetStream whose modules reach the server only through context managers."""
