"""What flake8 sees: the plugin, and formatters for reports."""
