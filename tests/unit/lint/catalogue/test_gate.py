"""The quick look finds what its two patterns find, whatever is between."""

from hypothesis import example, given
from hypothesis import strategies as st

from flake8_naq.catalogue.gate import gate

PIECES = [
    "nats",
    "naq",
    "import ",
    "from ",
    "\n",
    "\r",
    " ",
    "\t",
    ".",
    "connect",
    "x",
    "get_nats_connection",
    "#",
    "\\",
    "é",
]
BOTH = gate(("open", "pathlib.Path.open"))


@given(st.lists(st.sampled_from([*PIECES, "open", "pathlib"]), max_size=30).map("".join))
@example("(nats\n  .connect())")
@example("# nats\nimport os, nats")
@example("nats nats\n\n\n. nats")
def test_it_finds_what_the_patterns_find(text: str) -> None:
    source = text.encode()
    assert BOTH.opens(source) is (BOTH.fine.search(source) is not None)


def test_one_long_line_is_looked_at_once() -> None:
    """Quadratic time would take minutes here."""
    assert not gate().opens(b"natsx " * 200_000)
