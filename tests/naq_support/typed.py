"""Functions whose annotations name classes, for values that travel by type."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Generic, NamedTuple, NewType, Optional, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from naq import task

if TYPE_CHECKING:
    from naq_support.nowhere import Missing

Number = TypeVar("Number")


class Colour(Enum):
    RED = "red"
    GREEN = ("green", 2)


class Level(IntEnum):
    HIGH = 3


class Size(StrEnum):
    BIG = "big"


class Right(Flag):
    READ = 1
    WRITE = 2


class Point(NamedTuple):
    x: int
    y: float


class Line(msgspec.Struct, rename="camel"):
    unit_price: Decimal
    tags: set[str] = set()


@dataclass(frozen=True)
class Order:
    id: UUID
    at: datetime
    lines: list[Line]
    colour: Colour = Colour.RED
    place: Point | None = None
    sizes: tuple[int, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass
class Tree:
    name: str
    parts: list[Tree] = field(default_factory=list)


@dataclass
class Box(Generic[Number]):
    content: Number


@dataclass
class Money:
    cents: int

    def __post_init__(self) -> None:
        self.cents = round(self.cents, -2)


@dataclass
class Counted:
    start: int
    total: int = field(init=False, default=0)


@dataclass
class Strict:
    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("below zero")


class Outer:
    @dataclass
    class Order:
        number: int


Named = NewType("Named", Order)


ORDER = Order(
    UUID(int=1),
    datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1),
    [Line(Decimal("1.50"), {"a", "b"}), Line(Decimal("Infinity"))],
    Colour.GREEN,
    Point(1, 2.5),
    (1, 2),
    {"when": date(2026, 1, 1), "$set": {1}},
)


@task
def make_tree():  # type: ignore[no-untyped-def]
    return Tree("a")


def echo(value: Any) -> Any:
    return value


@task
def pack(order: Order, *more: Order, size: Size | Level | None = None, **rest: Colour) -> Order:
    return more[0] if more else order


@task
async def total(orders: Sequence[Order]) -> dict[str, Decimal]:
    return {str(order.id): sum((line.unit_price for line in order.lines), Decimal(0)) for order in orders}


@task
def split(order: Order) -> list[Line]:
    return order.lines


@task
def size_of(order: Order) -> Size:
    return Size.BIG


def anything(value: Optional[dict[str, Annotated[list[Order | Point | Tree], "note"]]]) -> None: ...  # noqa: UP045


Pair = tuple[int, int]
Pairs = NewType("Pairs", list[Pair])


@task
def swap(
    pair: Pair, *more: Optional[Annotated[tuple[Order, ...], "note"]], rest: Pairs | dict[str, Pair] | None = None  # noqa: UP045
) -> tuple[list[Pair], dict[str, tuple[()]]]:
    return [(pair[1], pair[0])], {}


def listed(value: list[int] | Pair, other: list[Any], bare: tuple, nested: Sequence[list[Pair]]) -> Awaitable[Pair]: ...  # type: ignore[type-arg]


def aliased(value: Named) -> Awaitable[Tree]: ...


def rights(value: Right) -> Right:
    return value


def boxed(value: Box[Level]) -> None: ...


def money(value: Money) -> None: ...


def counted(value: Counted) -> None: ...


def strict(value: Strict) -> None: ...


def ambiguous(value: Order | Outer.Order) -> None: ...


def partly(missing: Missing, order: Order) -> Missing: ...


@task
def untyped(value):  # type: ignore[no-untyped-def]
    return value
