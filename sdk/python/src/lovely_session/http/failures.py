"""What a client is told when a handler fails, and what the log is told."""

from __future__ import annotations

import sys
import traceback

from ..errors import (
    Busy,
    Conflict,
    Ended,
    Finished,
    Gone,
    InvalidCookie,
    InvalidOption,
    Misuse,
    OutcomeUnknown,
    SavepointInvalid,
    SessionError,
    TooLarge,
    Unavailable,
)
from .problem import HttpError
from .request import Request
from .response import Response

# Errors of the program, whose texts hold no data of visitors: whoever develops it sees them in the browser.
MISTAKES = (Busy, Finished, InvalidCookie, InvalidOption, Misuse, SavepointInvalid)


def error_response(request: Request, error: Exception) -> Response:
    """Returns a response with a short text, and logs what an operator has to know.

    `Conflict`, `Gone`, `Ended`, `Unavailable` and `OutcomeUnknown` become 503, `TooLarge` 413, `HttpError` what it
    says, and all others 500. The texts of the SDK for mistakes in the program are sent as they are, for they hold no
    data.

    `serve(handle, on_error=...)` replaces this function, which can be called for the errors that are left.
    """
    if isinstance(error, HttpError):
        return _text(error.status, error.text, error.headers.items())
    log_error(request, error)
    if isinstance(error, (Conflict, Gone, Ended)):
        return _text(503, "too many requests changed this session at the same time; try again later")
    if isinstance(error, Unavailable):
        return _text(503, "the sessions cannot be reached now; try again later")
    if isinstance(error, OutcomeUnknown):
        return _text(503, "it is not known whether this was done; look before you try again")
    if isinstance(error, TooLarge):
        return _text(413, "this session is full; remove something first")
    if isinstance(error, MISTAKES):
        return _text(500, str(error))
    if isinstance(error, SessionError):
        return _text(500, f"the sessions failed: {error.code}")
    return _text(500, f"the handler raised {type(error).__name__}")


def log_error(request: Request, error: Exception) -> None:
    """Writes an error to the standard error stream: what the SDK says of it, and where it was raised.

    The texts of other exceptions than those of the SDK can hold data of visitors, so they are left out.
    """
    text = f": {error}" if isinstance(error, SessionError) else ""
    frames = "".join(traceback.format_tb(error.__traceback__))
    print(f"{request.method} failed with {type(error).__name__}{text}\n{frames}", end="", file=sys.stderr)


def _text(status: int, text: str, headers: list[tuple[str, str]] | None = None) -> Response:
    # What a client has sent, which a text may repeat, can hold half of a surrogate pair.
    sendable = text.encode(errors="replace").decode()
    return Response(f"{sendable}\n", status, [*(headers or []), ("cache-control", "no-store")])
