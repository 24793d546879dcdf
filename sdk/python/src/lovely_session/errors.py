"""The exceptions of the SDK, with the data of each.

The text of an exception is for logs. It contains no session ids and no values, because these are secrets; the
attributes of an exception do. Except for `OutcomeUnknown`, an exception means that nothing was changed or written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

NameKind = Literal["container", "session-id", "package", "key"]
"""What a name in `InvalidName` names."""


@dataclass(frozen=True)
class SessionName:
    """A session, as named in an error."""

    container: str
    """The name of the session's container."""
    session: str = field(repr=False)
    """The id of the session. It is a secret: do not log it."""


@dataclass(frozen=True)
class ConflictingChange:
    """What another transaction changed first."""

    container: str
    """The name of the session's container."""
    session: str = field(repr=False)
    """The id of the session. It is a secret: do not log it."""
    package: str | None
    """The package; `None` when the whole session conflicts."""
    key: str | None
    """The key in the package; `None` when the whole package conflicts."""


class SessionError(Exception):
    """The base of every exception of the SDK."""

    code: ClassVar[str] = "error"
    """The name of the error, such as `conflict`: the same in each language."""


class Finished(SessionError):
    """The transaction was committed or aborted. Begin a new one.

    A session, a package or a savepoint that is kept after its visit also raises this exception.
    """

    code = "finished"

    def __init__(self, why: str | None = None) -> None:
        text = "the transaction is finished; begin a new one"
        super().__init__(text if why is None else f"{text} ({why})")


class Busy(SessionError):
    """The transaction is waiting for the store in another call. Use one transaction from one task at a time."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__("the transaction is busy in another call; use it from one task at a time")


class SavepointInvalid(SessionError):
    """The savepoint was released, or the transaction was rolled back to an earlier one."""

    code = "savepoint-invalid"

    def __init__(self) -> None:
        super().__init__("the savepoint was released, or the transaction was rolled back to an earlier one")


class InvalidName(SessionError):
    """A name is empty or too long. Container names have 1 to 60 bytes; ids, package names and keys 1 to 1,024."""

    code = "invalid-name"

    def __init__(self, kind: NameKind, length: int, limit: int) -> None:
        named = {"container": "container name", "session-id": "session id", "package": "package name", "key": "key"}
        super().__init__(f"a {named[kind]} must have 1 to {limit} bytes, not {length}")
        self.kind = kind
        self.length = length
        self.limit = limit


class InvalidOption(SessionError):
    """An option is out of its range."""

    code = "invalid-option"

    def __init__(self, name: str, maximum: int, given: int) -> None:
        super().__init__(f"the option {name} must not be {given}; the maximum is {maximum}")
        self.name = name
        self.maximum = maximum
        self.given = given


class InvalidJson(SessionError):
    """A text is not JSON. Only `Package.set_json` raises it."""

    code = "invalid-json"

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"the text for key {quoted(key)} is not JSON: {reason}")
        self.key = key
        self.reason = reason


class NotACounter(SessionError):
    """A number cannot be added with `Package.add`: the key holds no counter, or the sum would be out of range."""

    code = "not-a-counter"

    def __init__(self, package: str, key: str, held: int | None, added: int) -> None:
        why = "the value is not a counter" if held is None else "the sum would be out of range"
        super().__init__(f"cannot add to key {quoted(key)} in package {quoted(package)}: {why}")
        self.package = package
        self.key = key
        self.held = held
        self.added = added


class TooManySessions(SessionError):
    """The transaction would join more sessions than `limit`. Split the work over several transactions."""

    code = "too-many-sessions"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"a transaction can join at most {limit} sessions; split the work over several transactions"
        )
        self.limit = limit


class Conflict(SessionError):
    """Other transactions changed what this one depends on, or kept it from finishing.

    Nothing was written, and nothing will be. Run the transaction again on fresh data, as `transact` does.
    """

    code = "conflict"

    def __init__(self, conflicts: Sequence[ConflictingChange] = (), advice: str = "run it again") -> None:
        super().__init__(f"other transactions changed what this one depends on; {advice}")
        self.conflicts = tuple(conflicts)


class Gone(SessionError):
    """The sessions timed out or were evicted since they were loaded.

    Nothing was written, also not to sessions that were begun under the same ids since. Their data is lost; treat the
    visitor as new.
    """

    code = "gone"

    def __init__(self, sessions: Sequence[SessionName] = ()) -> None:
        super().__init__("a session timed out or was evicted; treat its visitor as new")
        self.sessions = tuple(sessions)


class Ended(SessionError):
    """The sessions were destroyed (for example by a logout), or their ids were renewed without a grace.

    Nothing was written. Do not begin them again under the same ids; treat the visitor as new.
    """

    code = "ended"

    def __init__(self, sessions: Sequence[SessionName] = ()) -> None:
        super().__init__("a session has ended; treat its visitor as new")
        self.sessions = tuple(sessions)


class TooLarge(SessionError):
    """The record of a session would exceed the size limit, in bytes.

    Nothing was written, and the transaction is still open: remove something and commit again, or roll back. During a
    commit over several sessions a record also holds the packages that change.
    """

    code = "too-large"

    def __init__(self, session: SessionName, size: int, limit: int) -> None:
        super().__init__(f"the record of a session would have {size} bytes; the maximum is {limit}")
        self.session = session
        self.size = size
        self.limit = limit


class Damaged(SessionError):
    """The record in the store is damaged. It must not be mistaken for an empty session. Inspect it, then remove it."""

    code = "damaged"

    def __init__(self, session: SessionName, reason: str) -> None:
        super().__init__(f"the record of a session in container {quoted(session.container)} is damaged: {reason}")
        self.session = session
        self.reason = reason


class UnknownFormat(SessionError):
    """The record has a format that the session component does not know. Upgrade the component."""

    code = "unknown-format"

    def __init__(self, version: int) -> None:
        super().__init__(
            f"the record of a session has format {version}, which this session component does not know; "
            "upgrade the component"
        )
        self.version = version


class StoreFailed(SessionError):
    """The store failed. Nothing was written. `reason` describes the failure."""

    code = "store"
    _text: ClassVar[str] = "the store failed"

    def __init__(self, reason: str) -> None:
        super().__init__(f"{self._text}: {reason}")
        self.reason = reason


class Unavailable(StoreFailed):
    """The store cannot be reached. Nothing was written. Retry later."""

    code = "unavailable"
    _text = "the store cannot be reached; retry later"


class Unsupported(StoreFailed):
    """The store does not support what sessions need (expiry, compare-and-swap). Use another store."""

    code = "unsupported"
    _text = "the store does not support what sessions need; use another one"


class Denied(StoreFailed):
    """The store refused access. Nothing was written. Check its configuration."""

    code = "denied"
    _text = "the store refused access; check its configuration"


class OutcomeUnknown(SessionError):
    """The commit was sent, and the reply was lost: either all of its changes are applied, in all sessions, or none.

    If it begins a session, it may also be applied later. Read the sessions again before deciding what to do. The SDK
    never runs work again after this error.
    """

    code = "outcome-unknown"

    def __init__(self, sessions: Sequence[SessionName] = ()) -> None:
        super().__init__(
            "it is not known whether the commit was applied; read the sessions again before deciding what to do"
        )
        self.sessions = tuple(sessions)


class ValueProblem(SessionError):
    """The base of the errors of values. `reason` says what is wrong and where; it names types and keys, no values."""

    _text: ClassVar[str]

    def __init__(self, package: str, key: str, reason: str) -> None:
        super().__init__(self._text.format(package=quoted(package), key=quoted(key)))
        self.package = package
        self.key = key
        self.reason = reason
        # A traceback shows the cause, and the text of the exception hides the keys in the value.
        self.__cause__ = ValueError(reason)


class WrongType(ValueProblem):
    """A stored value does not have the type of its package. The stored value has not changed."""

    code = "wrong-type"
    _text = "the value of key {key} in package {package} does not have the type it was read as"


class WrongTypeWritten(WrongType):
    """A value that was set does not have the type of its package. It was not stored."""

    _text = "the value for key {key} in package {package} does not have the type of the package"


class NotSerializable(ValueProblem):
    """A value has no representation in JSON, such as `bytes`, a `set` or NaN. It was not stored."""

    code = "not-serializable"
    _text = "the value for key {key} in package {package} has no representation in JSON"


CookieProblem = Literal[
    "name", "prefix", "path", "host-prefix-path", "same-site", "same-site-none", "partitioned", "max-age", "session-id"
]
"""What is wrong with a cookie in `InvalidCookie`."""


class InvalidCookie(SessionError):
    """The name or an attribute of a cookie is invalid: a browser would ignore it, or read it as another one."""

    code = "invalid-cookie"

    def __init__(self, problem: CookieProblem, text: str) -> None:
        super().__init__(text)
        self.problem = problem
        self.reason = text


class Misuse(SessionError):
    """The program uses the SDK in a way that cannot work. The text says how to correct it."""

    code = "misuse"


def quoted(name: str) -> str:
    """Returns a name in double quotes, as the texts of errors show it in each language."""
    return json.dumps(name, ensure_ascii=False)
