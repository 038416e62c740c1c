"""The language server `flake8-naq lsp`: the same findings as everywhere, in editors, while one types."""
