"""Examining an installation: server, rights, streams, clock, workers and code. Reads only; `naq doctor` prints it."""
