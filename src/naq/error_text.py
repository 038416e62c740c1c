"""The text of an exception for a message or a log line. Imports nothing, so that the command starts fast."""


def error_text(error: BaseException) -> str:
    """What the exception says, or the name of its type where it says nothing."""
    return str(error) or type(error).__name__
