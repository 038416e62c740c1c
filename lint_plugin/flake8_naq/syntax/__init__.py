"""Source text and names. Knows Python's syntax, and nothing of resources."""
