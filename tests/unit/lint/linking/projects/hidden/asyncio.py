"""Has the name of a module of Python itself, and none of its functions that open something."""


def debug():
    return None
