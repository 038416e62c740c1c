"""The text of an exception for a message or a log line. Imports nothing, so that the command starts fast."""


def error_text(error: BaseException) -> str:
    """Return the message of an exception, or the name of its type if the message is empty."""
    return str(error) or type(error).__name__
