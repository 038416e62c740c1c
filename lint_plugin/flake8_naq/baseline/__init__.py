"""The baseline: findings that a code base has and knows of, so that only new ones are reported."""
