"""The texts and the data of exceptions."""

import unittest

import lovely_session
from lovely_session import (
    Conflict,
    ConflictingChange,
    Damaged,
    Ended,
    Finished,
    Gone,
    InvalidJson,
    InvalidName,
    Misuse,
    NotACounter,
    OutcomeUnknown,
    SessionError,
    SessionName,
    TooLarge,
    Transaction,
    Unavailable,
    WrongType,
)

NAME = SessionName("shop", "secret")


class TextsTest(unittest.TestCase):
    def test_no_text_names_a_session_id(self) -> None:
        errors = [
            Conflict([ConflictingChange("shop", "secret", None, None)]),
            Gone([NAME]),
            Ended([NAME]),
            OutcomeUnknown([NAME]),
            Damaged(NAME, "no newline"),
            TooLarge(NAME, 2, 1),
        ]
        for error in errors:
            for shown in (str(error), repr(error), repr(vars(error))):
                self.assertNotIn("secret", shown)

    def test_a_text_says_what_is_allowed(self) -> None:
        self.assertEqual(
            str(InvalidName("package", 2000, 1024)), "a package name must have 1 to 1024 bytes, not 2000"
        )
        no_counter = NotACounter("cart", "é", None, 1)
        self.assertEqual(str(no_counter), 'cannot add to key "é" in package "cart": the value is not a counter')
        self.assertEqual(str(InvalidJson("k", "expected value")), 'the text for key "k" is not JSON: expected value')
        self.assertEqual(str(Unavailable("timed out")), "the store cannot be reached; retry later: timed out")
        self.assertEqual(str(Finished()), "the transaction is finished; begin a new one")

    def test_the_text_of_a_wrong_type_hides_the_reason_and_its_cause_has_it(self) -> None:
        error = WrongType("cart", "apple", "at .secret: expected int, found str")
        self.assertEqual(
            str(error), 'the value of key "apple" in package "cart" does not have the type it was read as'
        )
        self.assertEqual(str(error.__cause__), error.reason)

    def test_every_exception_has_a_code_of_its_own(self) -> None:
        exceptions = [
            value
            for value in vars(lovely_session).values()
            if isinstance(value, type) and issubclass(value, SessionError) and value is not SessionError
        ]
        self.assertEqual(len(exceptions), 23)
        self.assertEqual(len({exception.code for exception in exceptions}), 23)

    def test_outside_of_a_component_the_first_call_says_so(self) -> None:
        with self.assertRaisesRegex(Misuse, "only inside a component"):
            Transaction()
