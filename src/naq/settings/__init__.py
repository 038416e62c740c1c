"""Reading and checking settings: server URLs, files, variables, error messages. The defaults are in `naq.config`."""
