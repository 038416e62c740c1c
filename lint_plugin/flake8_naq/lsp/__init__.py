"""The language server `flake8-naq lsp`: the findings of the command, shown in editors while the user types."""
