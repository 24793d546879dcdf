"""What is stored of values without a type, and what is refused."""

import collections
import datetime
import enum
import json
import unittest
from typing import Any

from lovely_session import NotSerializable, WrongType
from lovely_session.shapes import shape_of
from lovely_session.values import depth, dump, load, parse

ANY = shape_of(Any)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


class Storing(unittest.TestCase):
    def test_what_json_can_say_is_read_again(self) -> None:
        scalars = [None, True, 0, -7, 1.5, "", "é\u2028\"\\", 2**53 + 1, 10**400]
        for value in [*scalars, [], {}, [1, [2]], {"a": {"b": None}}]:
            self.assertEqual(load(dump(value, ANY, "p", "k"), ANY, "p", "k"), value)

    def test_the_text_is_short(self) -> None:
        self.assertEqual(dump({"a": [1, "é"]}, ANY, "p", "k"), '{"a":[1,"é"]}')

    def test_tuples_become_lists_and_subclasses_what_they_are(self) -> None:
        class Size(enum.IntEnum):
            LARGE = 3

        class Colour(str, enum.Enum):
            RED = "red"

        point = collections.namedtuple("point", "x y")
        value = {"t": (1, (2,)), "n": point(1, 2), "s": Size.LARGE, "c": Colour.RED, "d": collections.Counter("a")}
        expected = {"t": [1, [2]], "n": [1, 2], "s": 3, "c": "red", "d": {"a": 1}}
        self.assertEqual(json.loads(dump(value, ANY, "p", "k")), expected)


class Refusing(unittest.TestCase):
    def reason(self, value: Any) -> str:
        with self.assertRaises(NotSerializable) as caught:
            dump(value, ANY, "cart", "apple")
        error = caught.exception
        self.assertEqual((error.package, error.key, error.code), ("cart", "apple", "not-serializable"))
        self.assertEqual(str(error), 'the value for key "apple" in package "cart" has no representation in JSON')
        return error.reason

    def test_what_json_cannot_say(self) -> None:
        for value in [b"a", bytearray(), {1}, datetime.date.today(), object(), 1j, range(3), Exception, lambda: 1]:
            self.assertEqual(self.reason(value), f"the type {type(value).__name__} has no representation in JSON")

    def test_numbers_that_json_cannot_say(self) -> None:
        for value in [float("nan"), float("inf"), -float("inf")]:
            self.assertEqual(self.reason(value), "the float is not finite")
        self.assertEqual(self.reason(10**5000), "a number has too many digits")

    def test_texts_that_utf_8_cannot_say(self) -> None:
        for value in ["\ud800", "a\udfff", {"\ud800": 1}]:
            self.assertEqual(self.reason(value), "the str contains half of a surrogate pair")

    def test_the_reason_says_where(self) -> None:
        self.assertEqual(
            self.reason({"items": [1, {"sku": b""}]}),
            "at .items[1].sku: the type bytes has no representation in JSON",
        )
        self.assertEqual(self.reason({"a b": {1: 2}}), "at ['a b']: the keys of a dict must be str, not int")

    def test_what_contains_itself_or_is_too_deep(self) -> None:
        cycle: list[Any] = []
        cycle.append([cycle, cycle])
        self.assertIn("contains itself", self.reason(cycle))
        loop: dict[str, Any] = {}
        loop["loop"] = loop
        self.assertIn("contains itself", self.reason(loop))
        self.assertIn("100 levels", self.reason(nested(101)))
        self.assertEqual(load(dump(nested(100), ANY, "p", "k"), ANY, "p", "k"), nested(100))


class Reading(unittest.TestCase):
    def test_the_depth_is_that_of_brackets_outside_of_texts(self) -> None:
        self.assertEqual(depth("[" * 101 + "]" * 101), 101)
        self.assertEqual(depth("[" + ",".join(["[]"] * 200) + "]"), 2)
        self.assertEqual(depth(json.dumps(["[{" * 100, '"[[\\', {"a": []}])), 3)

    def test_what_is_too_deep_is_an_error_and_no_crash(self) -> None:
        with self.assertRaises(WrongType) as caught:
            load("[" * 5000 + "]" * 5000, ANY, "p", "k")
        self.assertEqual(caught.exception.reason, "it is nested more than 100 levels deep")

    def test_what_is_no_json_is_refused(self) -> None:
        for text in ["", "NaN", "[1", "{'a':1}", "Infinity", "1 2", "[-1e999]"]:
            with self.subTest(text), self.assertRaises(ValueError):
                parse(text)
