"""The subcommands of `flake8-naq`: one module each, with `arguments(parser)`, which names its `run(parsed) -> int`."""
