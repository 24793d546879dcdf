"""Calls of the session component, whose errors become exceptions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from . import _wit
from .errors import (
    Busy,
    Conflict,
    ConflictingChange,
    Damaged,
    Denied,
    Ended,
    Finished,
    Gone,
    InvalidJson,
    InvalidName,
    InvalidOption,
    Misuse,
    NotACounter,
    OutcomeUnknown,
    SavepointInvalid,
    SessionError,
    SessionName,
    StoreFailed,
    TooLarge,
    TooManySessions,
    Unavailable,
    UnknownFormat,
    Unsupported,
)

P = ParamSpec("P")
T = TypeVar("T")

U32_MAX = 2**32 - 1
DAY = 86_400

VISIT_IS_OVER = "the visit is over; do not keep its session, packages or savepoints"


class Scope:
    """What a transaction and its sessions, packages and savepoints share."""

    def __init__(self) -> None:
        self.why_finished: str | None = None

    def call(self, function: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Calls a function of the component. Raises a `SessionError` if it fails."""
        try:
            return function(*arguments, **named)
        except _wit.Err as failed:
            problem = failed.value
        raise exception_of(problem, self.why_finished)


def text(value: object, what: str) -> str:
    """Returns a text that can be passed to the component.

    Raises `TypeError` for anything else, and `Misuse` for lone surrogates, which UTF-8 cannot say.
    """
    if not isinstance(value, str):
        raise TypeError(f"{what} must be a str, not {type(value).__name__}")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise Misuse(f"{what} must not contain half of a surrogate pair")
    return value


def check_option(name: str, value: int | None, maximum: int) -> None:
    """Checks that an option can be passed to the component, which checks the maximum.

    Raises `TypeError` for what is no whole number, and `InvalidOption` for a number below 0 or over 32 bits.
    """
    if value is None:
        return
    if type(value) is not int:
        raise TypeError(f"the option {name} must be an int, not {type(value).__name__}")
    if not 0 <= value <= U32_MAX:
        raise InvalidOption(name, maximum, value)


def exception_of(problem: Any, why_finished: str | None = None) -> SessionError:
    """Returns the exception for an error of the interface."""
    case = type(problem).__name__.removeprefix("Error_")
    if case == "Finished":
        return Finished(why_finished)
    if case in _WITHOUT_DATA:
        return _WITHOUT_DATA[case]()
    return _WITH_DATA[case](problem.value)


def _session(name: Any) -> SessionName:
    return SessionName(name.container, name.session)


def _sessions(names: Any) -> list[SessionName]:
    return [_session(name) for name in names]


def _conflict(changes: Any) -> Conflict:
    return Conflict(
        [ConflictingChange(change.container, change.session, change.package, change.key) for change in changes]
    )


def _invalid_name(name: Any) -> InvalidName:
    return InvalidName(name.kind.name.lower().replace("_", "-"), name.length, name.limit)


_WITHOUT_DATA: dict[str, Callable[[], SessionError]] = {"Busy": Busy, "SavepointInvalid": SavepointInvalid}

_WITH_DATA: dict[str, Callable[[Any], SessionError]] = {
    "InvalidName": _invalid_name,
    "InvalidOption": lambda option: InvalidOption(option.name, option.maximum, option.given),
    "InvalidJson": lambda json: InvalidJson(json.key, json.reason),
    "NotACounter": lambda counter: NotACounter(counter.package, counter.key, counter.held, counter.added),
    "TooManySessions": TooManySessions,
    "Conflict": _conflict,
    "Gone": lambda names: Gone(_sessions(names)),
    "Ended": lambda names: Ended(_sessions(names)),
    "TooLarge": lambda record: TooLarge(_session(record.session), record.size, record.limit),
    "Damaged": lambda damage: Damaged(_session(damage.session), damage.reason),
    "UnknownFormat": UnknownFormat,
    "Unavailable": Unavailable,
    "Unsupported": Unsupported,
    "Denied": Denied,
    "Store": StoreFailed,
    "OutcomeUnknown": lambda names: OutcomeUnknown(_sessions(names)),
}
