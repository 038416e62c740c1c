"""The catalogue: all that is known about nats-py, naq and the user's own resources, as data."""
