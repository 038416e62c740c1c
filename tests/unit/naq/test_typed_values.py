"""Values by type: each comes out as it went in, or is refused; and a message builds only what an annotation names."""

from __future__ import annotations

import dataclasses
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from naq.encoding import decode_value, encode_value
from naq.errors import DeserializationError, SerializationError, UnknownClass, UnknownOption
from naq.job import Job, JobOptions, with_objects
from naq.job_wire import same_job
from naq.plain_values import FORMS
from naq.typed_calls import built_arguments
from naq.typed_values import Instance, same, shown
from naq_support import typed
from naq_support.typed import ORDER, Box, Colour, Level, Line, Order, Outer, Point, Right, Size, Tree

NAMED = [ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")]
OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ZONES = st.none() | st.just(UTC) | OFFSETS | st.sampled_from(NAMED)
PLAIN = (
    st.datetimes(timezones=ZONES, allow_imaginary=True) | st.dates() | st.times(timezones=ZONES) | st.timedeltas()
    | st.uuids() | st.decimals() | st.binary()
)  # fmt: skip
HASHABLE = PLAIN.filter(lambda value: not (isinstance(value, Decimal) and value.is_nan())) | st.integers() | st.text()
VALUES = st.recursive(
    PLAIN | st.none() | st.booleans() | st.integers() | st.text() | st.sets(HASHABLE) | st.frozensets(st.tuples(HASHABLE)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("$date") | st.just("$dict"), inner),
    max_leaves=8,
)


def sent(function: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[list[Any], dict[str, Any]]:
    """Return the arguments with which a worker calls a function."""
    job = Job.deserialize(Job.create(function, args, kwargs).serialize())
    built, named = built_arguments(function, job.function, job.args, job.kwargs)
    return [*built], {**named}


@given(VALUES)
def test_plain_types_come_out_of_every_function_as_they_went_in(value: Any) -> None:
    (found,), _ = sent(typed.untyped, value)
    assert same(value, found)
    assert same(value, decode_value(encode_value(value, "json", "it", typed.untyped), "json"))


@pytest.mark.parametrize("kind", FORMS, ids=lambda kind: kind.__name__)
def test_a_value_of_another_type_is_not_the_same(kind: type) -> None:
    """What the other tests compare with: it looks at types, time zones, folds and digits."""
    values = [date(2026, 1, 1), datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, fold=1), time(1)]
    values += [timedelta(1), UUID(int=1), Decimal("1"), Decimal("1.0"), b"1", bytearray(b"1"), 1, 1.0, True, "1", [1], {1}]
    values += [datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC"))]
    for index, value in enumerate(values):
        assert [same(value, other) for other in values] == [number == index for number in range(len(values))]
    assert same((1,), [1])
    for one, other in (([1, 2], [1]), ({"a": 1}, {"b": 1}), ({"a": 1}, {"a": True}), ([1], (1,)), (Point(1, 2.0), Point(1, 2))):
        assert not same(one, other)


@pytest.mark.parametrize(
    ("function", "args", "kwargs"),
    [
        (typed.pack, (ORDER, ORDER), {"size": Size.BIG, "colour": Colour.RED}),
        (typed.pack, (ORDER,), {"size": Level.HIGH}),
        (typed.pack, (), {"order": ORDER, "size": None}),
        (typed.total, ([ORDER, ORDER],), {}),
        (typed.anything, ({"a": [ORDER, Point(1, 2), Tree("a", [Tree("b")])]},), {}),
        (typed.aliased, (ORDER,), {}),
        (typed.rights, (Right.READ | Right.WRITE,), {}),
        (typed.boxed, (Box(3),), {}),
        (typed.partly, (None, ORDER), {}),
    ],
)
def test_objects_are_built_by_the_annotations(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    found, named = sent(function, *args, **kwargs)
    assert (found, named) == ([*args], kwargs)
    assert same([*args, kwargs], [*found, named])


def test_a_tuple_is_a_list_except_in_an_object_and_a_set() -> None:
    (found,), _ = sent(typed.untyped, (1, date(2026, 1, 1)))
    assert found == [1, date(2026, 1, 1)]
    assert sent(typed.pack, ORDER)[0][0].sizes == (1, 2)


def test_a_tuple_is_a_tuple_where_the_annotation_says_so() -> None:
    found, named = sent(typed.swap, (1, 2), (ORDER, ORDER), None, rest=[(1, 2), (3, 4)])
    assert same([found, named], [[(1, 2), (ORDER, ORDER), None], {"rest": [(1, 2), (3, 4)]}], True)
    found, named = sent(typed.swap, (1, 2), rest={"a": (1, 2)})
    assert same([found, named], [[(1, 2)], {"rest": {"a": (1, 2)}}], True)
    # What does not fit stays a list, and a union with a list does not tell.
    assert same(sent(typed.swap, (1, 2, 3))[0], [[1, 2, 3]], True)
    found, _ = sent(typed.listed, (1, 2), (3, 4), (5, (6,)), [[(7, 8)]])
    assert same(found, [[1, 2], [3, 4], (5, [6]), [[(7, 8)]]], True)
    assert sent(typed.swap, "text", rest=3) == (["text"], {"rest": 3})
    result = encode_value(([(1, 2)], {"a": ()}), "json", "it", typed.swap)
    assert decode_value(result, "json", typed.swap) == ([(1, 2)], {"a": ()})
    assert decode_value(result, "json") == [[[1, 2]], {"a": []}]
    assert decode_value(encode_value((1, 2), "json", "it", typed.listed), "json", typed.listed) == (1, 2)


class Zone(tzinfo):
    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(hours=1)


class Moment(datetime):
    pass


@pytest.mark.parametrize(
    ("function", "value", "reason"),
    [
        (typed.untyped, ORDER, "argument 1 of naq_support.typed:untyped is of type Order; pass text, numbers, lists and dicts, or annotate the parameter with Order"),
        (typed.echo, {"a": [Level.HIGH]}, "[0] is of type Level, and would arrive as int; pass its value or its name, or annotate"),
        (typed.pack, Outer.Order(3), "or annotate the parameter with Outer.Order"),
        (typed.pack, {"a": Tree("a")}, "['a'] is of type Tree; pass text, numbers, lists and dicts, or annotate"),
        (typed.partly, ORDER, "or annotate the parameter with Order"),
        (typed.ambiguous, Order, "is of type type"),
        (typed.boxed, Box(Level.HIGH), "annotate the parameter with Level"),
        (typed.money, typed.Money(1).__class__.__new__(typed.Money), "has no value for its field cents"),
        (typed.counted, typed.Counted(1), "which has fields that its constructor does not take"),
        (typed.untyped, Moment(2026, 1, 1), "is of type Moment"),
        (typed.untyped, datetime(2026, 1, 1, tzinfo=Zone()), "has a time zone of type Zone; use datetime.UTC"),
        (typed.untyped, datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1), "here")), "has a time zone of type timezone"),
        (typed.untyped, {1: date(2026, 1, 1)}, "has the key 1, and keys are text"),
        (typed.untyped, [date(2026, 1, 1), {Size.BIG: 1}], "is of type Size"),
        (typed.untyped, {1.5, float("nan")}, "an item of argument 1 of naq_support.typed:untyped is nan"),
        (typed.untyped, bytearray(b"a"), "is of type bytearray"),
        (typed.untyped, [1j], "[0] is of type complex"),
    ],
)  # fmt: skip
def test_what_would_come_out_changed_is_refused(function: Any, value: Any, reason: str) -> None:
    with pytest.raises(SerializationError) as caught:
        Job.create(function, (value,)).serialize()
    assert reason in str(caught.value)


def test_a_class_that_changes_its_fields_is_refused() -> None:
    money = typed.Money(100)
    money.cents = 123
    with pytest.raises(SerializationError, match="its class changes what it is given"):
        Job.create(typed.money, (money,)).serialize()
    negative = typed.Strict(1)
    negative.number = -1
    with pytest.raises(SerializationError, match="of class Strict cannot be made: ValueError: below zero"):
        Job.create(typed.strict, (negative,)).serialize()


def test_a_class_of_the_same_name_is_refused() -> None:
    other = dataclasses.make_dataclass("Tree", ["name", "parts"])
    with pytest.raises(SerializationError, match="would not come out as it goes in"):
        Job.create(typed.anything, ({"a": [other("a", [])]},)).serialize()


def test_an_annotation_with_two_classes_of_one_name_names_neither() -> None:
    other = dataclasses.make_dataclass("Tree", ["name", "parts"])

    def function() -> Any: ...

    function.__annotations__["return"] = Tree | other
    for value in (Tree("a"), other("a", [])):
        with pytest.raises(SerializationError, match="annotate the result with Tree"):
            encode_value(value, "json", "it", function)


def test_a_path_needs_its_module_for_an_object_only() -> None:
    assert Job.create("nosuch.module:function", (date(2026, 1, 1),)).serialize()
    assert Job.create("naq_support.typed:pack", (ORDER,)).serialize()
    with pytest.raises(SerializationError, match="enqueue the function itself, as its module is not imported here"):
        Job.create("nosuch.module:function", (ORDER,)).serialize()


@pytest.mark.parametrize(
    ("function", "value"),
    [(typed.pack, ORDER), (typed.split, [Line(Decimal(1))]), (typed.size_of, Size.BIG), (typed.aliased, Tree("a")), (typed.rights, Right.READ)],
)  # fmt: skip
def test_a_result_has_the_return_type(function: Any, value: Any) -> None:
    data = encode_value(value, "json", "it", function)
    assert same(value, decode_value(data, "json", function))
    with pytest.raises(UnknownClass, match="the result is of class"):
        decode_value(data, "json")


def test_a_result_that_its_annotation_does_not_name() -> None:
    with pytest.raises(SerializationError, match=r"it is of type Tree; .* or annotate the result with Tree"):
        encode_value(Tree("a"), "json", "it", typed.pack)
    # As before there were annotations.
    assert decode_value(encode_value(Size.BIG, "json", "it", typed.untyped), "json") == "big"
    assert decode_value(encode_value(Point(1, 2), "json", "it", typed.untyped), "json") == [1, 2]


def wire_of(*values: Any, function: str = "naq_support.typed:pack", version: int = 1) -> bytes:
    """Return a message that this version would not make."""
    wire = json.loads(Job.create(function).serialize())
    return json.dumps({**wire, "options": {"typed": version}, "call": [values, {}]}).encode()


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({"$object": ["Popen", {"args": "touch it"}]}, "of class Popen, and the annotations of the function name Order there"),
        ({"$object": ["naq_support.typed:Tree", {"name": "a"}]}, "name Order there"),
        ({"$object": ["Order", {"id": 1}]}, "of class Order cannot be made: TypeError"),
        ({"$object": ["Order", "RED"]}, "of class Order cannot be made"),
        ({"$object": ["Order", {"id": 1, "at": 1, "lines": [], "colour": {"$object": ["Size", "BIG"]}}]}, "argument 1 of naq_support.typed:pack.colour is of class Size"),
    ],
)  # fmt: skip
def test_a_message_builds_only_what_the_annotation_names(form: Any, reason: str) -> None:
    job = Job.deserialize(wire_of(form))
    assert isinstance(job.args[0], Instance)
    with pytest.raises(DeserializationError) as caught:
        built_arguments(typed.pack, job.function, job.args, job.kwargs)
    assert reason in str(caught.value)
    assert with_objects(job) is job


@pytest.mark.parametrize(
    "form",
    [
        {"$datetime": 3}, {"$datetime": "soon"}, {"$datetime": ["2026-01-01", "../etc/passwd", 0]}, {"$date": None},
        {"$datetime": ["2026-01-01", "No/Where", 0]}, {"$time": ["1"]}, {"$timedelta": [1, 2]}, {"$timedelta": [1, "2", 3]},
        {"$timedelta": [10**12, 0, 0]}, {"$uuid": 3}, {"$uuid": "x"}, {"$decimal": [0, [1], 0]}, {"$decimal": "one"},
        {"$bytes": "%"}, {"$set": [[1]]}, {"$set": [{"a": 1}]}, {"$object": ["Order"]}, {"$object": [3, {}]},
        {"$object": ["Order", [1]]}, {"$object": None},
    ],
)  # fmt: skip
def test_a_form_that_this_library_does_not_make_is_no_job(form: Any) -> None:
    with pytest.raises(DeserializationError, match="not a job"):
        Job.deserialize(wire_of([form]))


def test_versions_meet() -> None:
    """A worker without typed values gives such a job back, as it does with every option that it does not know."""
    job = Job.create(typed.untyped, (date(2026, 1, 1),), options=JobOptions(max_retries=3))
    data = job.serialize()
    with pytest.raises(msgspec.ValidationError, match="unknown field `typed`"):
        msgspec.convert(json.loads(data)["options"], JobOptions)
    assert Job.deserialize(data).options == job.options
    assert "typed" not in json.loads(Job.create(typed.untyped, (1,)).serialize()).get("options", {})
    for newer, options in (
        (wire_of(version=2), ("typed",)),
        (wire_of({"$complex": [1, 2]}), ("typed value $complex",)),
        (data.replace(b'"typed":1', b'"typed":1,"nosuch":1'), ("nosuch",)),
    ):
        with pytest.raises(UnknownOption) as caught:
            Job.deserialize(newer)
        assert caught.value.options == options


def test_the_same_job_has_the_same_form() -> None:
    first, second = (Job.create(typed.untyped, ({"b", "a", "c", "d"},), job_id="x").serialize() for _ in range(2))
    program = (
        "from naq.job import Job; from naq_support import typed; import sys\n"
        "sys.stdout.buffer.write(Job.create(typed.untyped, ({'d', 'c', 'b', 'a'},), job_id='x').serialize())"
    )
    path = [*sys.path]
    done = subprocess.run([sys.executable, "-c", f"import sys; sys.path[:] = {path}\n{program}"], capture_output=True, check=True)
    assert same_job(first, second)
    assert same_job(first, done.stdout)
    assert not same_job(first, Job.create(typed.untyped, ({"b"},), job_id="x").serialize())


def test_what_a_viewer_shows_of_objects() -> None:
    with pytest.raises(UnknownClass) as caught:
        decode_value(encode_value(ORDER, "json", "it", typed.pack), "json")
    found = shown(pickle.loads(pickle.dumps(caught.value)).value)["Order"]
    assert (found["colour"], found["place"], found["sizes"]) == ("Colour.GREEN", {"Point": {"x": 1, "y": 2.5}}, [1, 2])
    assert found["lines"][1] == {"Line": {"unit_price": Decimal("Infinity"), "tags": []}}
    assert msgspec.json.encode(found)


def test_a_job_that_was_decoded_can_be_encoded_again() -> None:
    data = Job.create(typed.pack, (ORDER,), job_id="x").serialize()
    assert Job.deserialize(data).serialize() == data
    assert with_objects(Job.deserialize(data)).args == (ORDER,)
    assert with_objects(Job.deserialize(data)).serialize() == data
    assert repr(Instance("Order", (("secret", 1),))) == "Instance('Order')"
