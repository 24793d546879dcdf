"""Sessions for edge functions in Python: typed values, transactions that run again after a conflict, and the cookie.

An edge function keeps its data about a visitor in a `Session`, which has packages of keys and values.
`Visitors.visit` reads the `Cookie` header, begins a transaction, runs the work, commits, runs the work again after a
conflict, and returns the value of a `Set-Cookie` header if one is needed. `Visitors.handler` makes a handler of such
work:

>>> shop = Visitors("shop", cookie=Cookie("sid"))
>>> @shop.handler
... def handle(request, visit):
...     visits = visit.session_or_begin().package("visits", int)
...     visits["count"] = visits.get("count", 0) + 1
...     return Response(f"visits: {visits['count']}")
>>> IncomingHandler = serve(handle)

For sessions without a visitor, `transact` runs work on sessions whose ids the application knows.

Sessions exist only inside a component, which componentize-py builds. `Cookie`, the exceptions, `Request` and `Response`
work everywhere.
"""

from .container import Container
from .cookie import Cookie, CookieHeaders, SameSite
from .errors import (
    Busy,
    Conflict,
    ConflictingChange,
    CookieProblem,
    Damaged,
    Denied,
    Ended,
    Finished,
    Gone,
    InvalidCookie,
    InvalidJson,
    InvalidName,
    InvalidOption,
    Misuse,
    NameKind,
    NotACounter,
    NotSerializable,
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
    WrongType,
)
from .package import Package
from .session import Session
from .transact import transact, transactional
from .transaction import Isolation, Savepoint, Transaction
from .visit import Visit
from .visitors import Visited, Visitors

__all__ = [
    "Busy",
    "Conflict",
    "ConflictingChange",
    "Container",
    "Cookie",
    "CookieHeaders",
    "CookieProblem",
    "Damaged",
    "Denied",
    "Ended",
    "Finished",
    "Gone",
    "InvalidCookie",
    "InvalidJson",
    "InvalidName",
    "InvalidOption",
    "Isolation",
    "Misuse",
    "NameKind",
    "NotACounter",
    "NotSerializable",
    "OutcomeUnknown",
    "Package",
    "SameSite",
    "Savepoint",
    "SavepointInvalid",
    "Session",
    "SessionError",
    "SessionName",
    "StoreFailed",
    "TooLarge",
    "TooManySessions",
    "Transaction",
    "Unavailable",
    "UnknownFormat",
    "Unsupported",
    "Visit",
    "Visited",
    "Visitors",
    "WrongType",
    "transact",
    "transactional",
]
