"""flake8-naq: finds connections whose closing is left to chance, and names the context manager to use instead."""

__version__ = "0.1.0"
