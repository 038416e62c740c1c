"""How numbers and sizes are shown on the pages."""


def number(value: int | None) -> str:
    """Return a number with separators, a dash if it is not known."""
    return "–" if value is None else f"{value:,}"


def size(count: int) -> str:
    """Return a number of bytes with a unit."""
    for unit, length in (("MB", 1_000_000), ("kB", 1000)):
        if count >= length:
            return f"{count / length:.1f} {unit}"
    return f"{count} B"
