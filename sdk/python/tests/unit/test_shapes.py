"""The types of values."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import unittest
from typing import Annotated, Any, ClassVar, Literal, NewType, Optional, TypedDict, Union

import typing_extensions
from typing_extensions import NotRequired, ReadOnly, Required

from lovely_session import Misuse, NotSerializable, WrongType
from lovely_session.errors import WrongTypeWritten
from lovely_session.shapes import shape_of
from lovely_session.values import dump, load

Sku = NewType("Sku", str)


class Address(TypedDict):
    city: str
    street: list[str]


class Profile(Address, total=False):
    age: int


class Settings(TypedDict):
    theme: str
    size: NotRequired[Literal["s", "m"]]


@dataclasses.dataclass
class Line:
    sku: Sku
    quantity: int = 1


@dataclasses.dataclass(frozen=True)
class Order:
    lines: list[Line]
    coupon: Optional[str] = None
    tags: tuple[str, ...] = ()
    notes: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Tree:
    name: str
    children: list[Tree] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Cat:
    name: str


@dataclasses.dataclass
class Dog:
    name: str


@dataclasses.dataclass(frozen=True, slots=True)
class Base:
    limit: ClassVar[int] = 3
    names: list[str]
    count: int = dataclasses.field(init=False, default=0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", len(self.names))
        if self.count > self.limit:
            raise KeyError("a secret")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Special(Base):
    more: int = 1


@dataclasses.dataclass
class WithInitVar:
    name: dataclasses.InitVar[str]


class Foreign(typing_extensions.TypedDict, total=False):
    a: Required[ReadOnly[int]]
    b: ReadOnly[NotRequired[int]]
    c: Annotated[NotRequired[int], "c"]


class Alias:
    """As `type Json = list[Json] | int` of Python 3.12."""

    @property
    def __value__(self) -> Any:
        return list[JSON] | int  # type: ignore[valid-type]


JSON = Alias()


class Level(str, enum.Enum):
    HIGH = "high"


def read(text: str, kind: Any) -> Any:
    return load(text, shape_of(kind), "p", "k")


def write(value: Any, kind: Any) -> str:
    return dump(value, shape_of(kind), "p", "k")


class TypesTest(unittest.TestCase):
    def unfit(self, text: str, kind: Any) -> str:
        with self.assertRaises(WrongType) as caught:
            read(text, kind)
        self.assertNotIsInstance(caught.exception, WrongTypeWritten)
        return caught.exception.reason

    def unfit_to_write(self, value: Any, kind: Any) -> str:
        with self.assertRaises(WrongTypeWritten) as caught:
            write(value, kind)
        self.assertEqual(caught.exception.code, "wrong-type")
        # A traceback shows it.
        self.assertEqual(str(caught.exception.__cause__), caught.exception.reason)
        return caught.exception.reason

    def test_scalars(self) -> None:
        self.assertEqual(read("2", int), 2)
        self.assertEqual(read('"a"', str), "a")
        self.assertIs(read("true", bool), True)
        self.assertIsNone(read("null", None))
        for text, kind, reason in [
            ("true", int, "expected int, found bool"),
            ("2.0", int, "expected int, found float"),
            ("1", bool, "expected bool, found int"),
            ("null", str, "expected str, found None"),
            ("1", None, "expected None, found int"),
        ]:
            self.assertEqual(self.unfit(text, kind), reason)

    def test_an_int_is_a_float_and_a_bool_is_not(self) -> None:
        self.assertIsInstance(read("2", float), float)
        self.assertEqual(write(2, float), "2.0")
        self.assertEqual(self.unfit("true", float), "expected float, found bool")
        self.assertEqual(self.unfit("1e999", float), "a number is too large for a float")
        self.assertEqual(self.unfit("1" * 400, float), "expected float, found int")
        self.assertEqual(self.unfit_to_write(True, float), "expected float, found bool")
        with self.assertRaises(NotSerializable):
            write(float("nan"), float)

    def test_values_of_another_type_are_not_written(self) -> None:
        self.assertEqual(self.unfit_to_write("2", int), "expected int, found str")
        self.assertEqual(self.unfit_to_write(True, int), "expected int, found bool")
        self.assertEqual(write(Level.HIGH, str), '"high"')
        with self.assertRaises(NotSerializable):
            write("\ud800", str)

    def test_lists_tuples_and_dicts(self) -> None:
        self.assertEqual(read("[1,2]", list[int]), [1, 2])
        self.assertEqual(self.unfit('[1,"2"]', list[int]), "at [1]: expected int, found str")
        self.assertEqual(read("[1,2]", tuple[int, ...]), (1, 2))
        self.assertEqual(read('[1,"a"]', tuple[int, str]), (1, "a"))
        self.assertEqual(self.unfit("[1]", tuple[int, str]), "expected 2 elements, found 1")
        self.assertEqual(write((1, 2), tuple[int, int]), "[1,2]")
        self.assertEqual(self.unfit_to_write((1,), list[int]), "expected list, found tuple")
        self.assertEqual(read('{"a":[1]}', dict[str, list[int]]), {"a": [1]})
        self.assertEqual(self.unfit('{"a b":1}', dict[str, str]), "at ['a b']: expected str, found int")
        self.assertEqual(read('[1,"a"]', list), [1, "a"])
        with self.assertRaises(NotSerializable):
            write({1: 2}, dict[str, int])

    def test_unions_and_literals(self) -> None:
        for kind in (Optional[int], Union[int, None], int | None):
            self.assertIsNone(read("null", kind))
            self.assertEqual(read("1", kind), 1)
            self.assertEqual(self.unfit('"a"', kind), "expected int, found str; or expected None, found str")
        self.assertIsInstance(read("1", float | int), int)
        self.assertEqual(self.unfit('{"sku":1}', Line | None), "at .sku: expected str, found int")
        with self.assertRaises(NotSerializable):
            write({"a": [float("nan")]}, list[int] | dict[str, list[float]] | None)
        self.assertEqual(read('"a"', Literal["a", 1]), "a")
        self.assertEqual(self.unfit("true", Literal["a", 1]), "expected one of 'a', 1, found another bool")
        self.assertEqual(self.unfit_to_write("b", Literal["a"]), "expected one of 'a', found another str")

    def test_typed_dicts(self) -> None:
        self.assertEqual(read('{"city":"Ulm","street":["a"],"new":1}', Profile), {"city": "Ulm", "street": ["a"]})
        self.assertEqual(self.unfit('{"street":[]}', Profile), "'city' is missing")
        self.assertEqual(self.unfit('{"city":"Ulm","street":[1]}', Profile), "at .street[0]: expected str, found int")
        self.assertEqual(write({"city": "Ulm", "street": [], "age": 7}, Profile), '{"city":"Ulm","street":[],"age":7}')
        self.assertEqual(self.unfit_to_write({"city": "", "street": [], "x": 1}, Profile), "Profile has no 'x'")

    def test_keys_that_are_not_required(self) -> None:
        self.assertEqual(read('{"theme":"dark"}', Settings), {"theme": "dark"})
        self.assertEqual(write({"theme": "dark", "size": "m"}, Settings), '{"theme":"dark","size":"m"}')
        other = self.unfit('{"theme":"","size":"x"}', Settings)
        self.assertEqual(other, "at .size: expected one of 's', 'm', found another str")
        self.assertEqual(self.unfit("{}", Settings), "'theme' is missing")

    def test_dataclasses(self) -> None:
        order = Order([Line(Sku("apple"), 2)], tags=("new",))
        text = write(order, Order)
        self.assertEqual(
            text, '{"lines":[{"sku":"apple","quantity":2}],"coupon":null,"tags":["new"],"notes":{}}'
        )
        self.assertEqual(read(text, Order), order)
        self.assertEqual(read('{"lines":[{"sku":"apple"}],"later":1}', Order), Order([Line(Sku("apple"))]))
        self.assertEqual(self.unfit('{"lines":[{"quantity":1}]}', Order), "at .lines[0]: 'sku' is missing")
        self.assertEqual(self.unfit("[]", Order), "expected dict, found list")
        self.assertEqual(self.unfit_to_write({"lines": []}, Order), "expected Order, found dict")

    def test_types_that_contain_themselves(self) -> None:
        tree = Tree("a", [Tree("b")])
        self.assertEqual(read(write(tree, Tree), Tree), tree)
        tree.children.append(tree)
        with self.assertRaises(NotSerializable):
            write(tree, Tree)

    def test_other_names_of_types(self) -> None:
        self.assertEqual(read('"a"', Sku), "a")
        self.assertEqual(read("1", Annotated[int, "positive"]), 1)
        self.assertEqual(read("[1]", object), [1])

    def test_types_that_values_cannot_have(self) -> None:
        for kind in (bytes, datetime.date, set[int], dict[int, str], list[bytes], Level, 7):
            with self.subTest(kind), self.assertRaisesRegex(Misuse, "values cannot have the type"):
                shape_of(kind)

    def test_members_of_dataclasses_that_are_no_arguments(self) -> None:
        self.assertEqual(write(Base(["a"]), Base), '{"names":["a"]}')
        self.assertEqual(read('{"names":["a"],"count":7,"limit":0}', Base), Base(["a"]))
        special = Special(["a"], more=2)
        self.assertEqual(read(write(special, Special), Special), special)
        with self.assertRaisesRegex(Misuse, "InitVar"):
            write(WithInitVar("a"), WithInitVar)

    def test_no_field_of_a_subclass_is_lost(self) -> None:
        self.assertEqual(self.unfit_to_write(Special(["a"]), Base), "Base has no 'more'")

    def test_a_dataclass_that_refuses_its_fields_does_not_fit(self) -> None:
        self.assertEqual(self.unfit('{"names":["a","b","c","d"]}', Base), "Base raises KeyError")
        self.assertEqual(read('{"names":["a","b","c","d"]}', Base | dict[str, Any]), {"names": [*"abcd"]})

    def test_the_first_type_of_a_union_is_taken_whatever_was_asked_for_before(self) -> None:
        for kind, first in [(Cat | Dog, Cat), (Dog | Cat, Dog)]:
            self.assertIs(type(read('{"name":"a"}', kind)), first)
            self.assertIs(type(read('[{"name":"a"}]', list[kind])[0]), first)  # type: ignore[valid-type]
        self.assertIsInstance(read("1", Annotated[float, "any"] | int), int)

    def test_literals_that_json_cannot_say(self) -> None:
        for kind in (Literal[Level.HIGH], Literal[b"a"]):
            with self.assertRaisesRegex(Misuse, "values cannot have the type"):
                shape_of(kind)
        self.assertIs(read("true", Literal[1, True]), True)
        self.assertEqual(self.unfit("1", Literal[True]), "expected one of True, found another int")

    def test_all_ways_to_say_what_is_required(self) -> None:
        self.assertEqual(read('{"a":1}', Foreign), {"a": 1})
        self.assertEqual(self.unfit('{"b":1,"c":1}', Foreign), "'a' is missing")
        self.assertEqual(self.unfit('{"a":1,"b":""}', Foreign), "at .b: expected int, found str")

    def test_aliases_that_contain_themselves_and_metadata_of_any_kind(self) -> None:
        self.assertEqual(read(write([[1], 2], JSON), JSON), [[1], 2])
        self.assertIn("at [0]: ", self.unfit('["a"]', JSON))
        self.assertEqual(read("1", Annotated[int, []]), 1)

    def test_a_name_that_is_not_known_is_told(self) -> None:
        @dataclasses.dataclass
        class Local:
            cat: Unknown  # type: ignore[name-defined]  # noqa: F821

        with self.assertRaisesRegex(Misuse, "the type Local .* 'Unknown'"):
            write(Local(None), Local)
