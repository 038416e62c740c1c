"""What happens to a resource in a function: pure functions from syntax to facts. No name of NATS occurs here."""
