"""What the rules may ask about one module."""
