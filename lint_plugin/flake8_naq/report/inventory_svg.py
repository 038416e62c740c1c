"""The pictures of the inventory as inline SVG: a ring for the whole, a bar for each part. Knows no page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import pi

from flake8_naq.inventory.model import Connection, Progress, progress
from flake8_naq.model import State

# The classes of the style sheet that colour each state, in the order in which a bar shows them.
CLASSES = {
    State.MANAGED: "managed",
    State.BY_HAND: "by-hand",
    State.LEAKS: "leaks",
    State.NEVER_CLOSED: "never",
    State.HANDED_OFF: "handed",
}
_ROW, _BAR, _LABEL, _WIDTH, _COUNT = 32, 16, 310, 1060, 120
_RADIUS = 84


def ring(done: Progress) -> str:
    """Return a ring that is closed when everything is migrated."""
    around = 2 * pi * _RADIUS
    filled = around * done.percent / 100
    return (
        f'<svg class="ring" viewBox="0 0 200 200" role="img" aria-label="{escape(str(done))}">'
        f'<circle class="track" cx="100" cy="100" r="{_RADIUS}"/>'
        f'<circle class="done" cx="100" cy="100" r="{_RADIUS}" transform="rotate(-90 100 100)" '
        f'stroke-dasharray="{filled:.1f} {around:.1f}"{_round_end(done)}/>'
        f'<text class="percent" x="100" y="108">{done.percent}<tspan class="sign" dx="3">%</tspan></text>'
        f'<text class="of" x="100" y="134">{done.migrated} of {done.total}</text></svg>'
    )


def _round_end(done: Progress) -> str:
    """A rounded stroke of no length would show as a dot."""
    return ' stroke-linecap="round"' if done.percent else ""


def bars(groups: Sequence[tuple[str, Sequence[Connection]]]) -> str:
    """Return a row for each group: its name, a bar for its connections, divided by state, and its progress."""
    longest = max((len(found) for _, found in groups), default=1)
    height = _ROW * len(groups) + 8
    rows = "".join(_row(index, name, found, longest) for index, (name, found) in enumerate(groups))
    return (
        f'<svg class="bars" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="Progress by module, as in the tables below">{rows}</svg>'
    )


def _row(index: int, name: str, found: Sequence[Connection], longest: int) -> str:
    top = index * _ROW + 4
    middle = top + _ROW / 2
    done = progress(found)
    room = _WIDTH - _LABEL - _COUNT
    pieces = "".join(_pieces(found, room / longest, top + (_ROW - _BAR) / 2))
    length = len(found) * room / longest
    clip = f"clip{index}"
    finished = " finished" if done.total and done.migrated == done.total else ""
    return (
        f"<g><title>{escape(f'{name}: {done}')}</title>"
        f'<text class="name" x="{_LABEL - 16}" y="{middle}">{escape(_short(name))}</text>'
        f'<clipPath id="{clip}"><rect x="{_LABEL}" y="{top}" width="{length:.1f}" height="{_ROW}" rx="0"/></clipPath>'
        f'<rect class="track" x="{_LABEL}" y="{top + (_ROW - _BAR) / 2}" width="{room}" height="{_BAR}" rx="4"/>'
        f'<g clip-path="url(#{clip})">{pieces}</g>'
        f'<text class="count{finished}" x="{_WIDTH - _COUNT + 16}" y="{middle}">{_count(done)}</text></g>'
    )


def _pieces(found: Sequence[Connection], unit: float, top: float) -> Iterator[str]:
    """Return the parts of a bar, with a small gap between them."""
    left = float(_LABEL)
    for state, name in CLASSES.items():
        number = sum(connection.state is state for connection in found)
        if number:
            width = number * unit
            place = f'x="{left:.1f}" y="{top}" width="{max(width - 2, 1.5):.1f}" height="{_BAR}"'
            yield f'<rect class="{name}" {place} rx="3"><title>{number} {escape(state)}</title></rect>'
            left += width


def _count(done: Progress) -> str:
    return f"{done.migrated} / {done.total}" if done.total else "nothing to do"


def _short(name: str) -> str:
    """Return the end of a long name, in which it differs from its neighbours."""
    return name if len(name) <= 36 else f"…{name[-35:]}"
