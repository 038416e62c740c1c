"""What a project sets and which of its files count: settings, flake8's options, discovery, git."""
