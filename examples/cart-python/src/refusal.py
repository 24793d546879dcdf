"""Answers that are no."""

from lovely_session import (
    Conflict,
    Damaged,
    Denied,
    Ended,
    Gone,
    OutcomeUnknown,
    TooLarge,
    Unavailable,
    UnknownFormat,
    Unsupported,
)
from lovely_session.http import HttpError, Request, Response, log_error

from fields import is_form
from views import json_response, page_response, page_with_notice


def refuse(request: Request, error: Exception) -> Response:
    """Answers a request that was not done: with the page if it came from one, and otherwise with JSON."""
    if not isinstance(error, HttpError):
        log_error(request, error)
        error = _refusal_for(error)
    if is_form(request) or request.path == "/":
        return page_response(page_with_notice(request, error.text), error.status, error.headers.items())
    return json_response({"error": error.text}, error.status, error.headers.items())


def _refusal_for(error: Exception) -> HttpError:
    """What a client is told when something fails. The text is for a person, and never repeats what the client sent."""
    match error:
        case Conflict() | Gone() | Ended():
            return HttpError(503, "too many requests changed this cart at the same time; try again")
        case Unavailable():
            return HttpError(503, "the cart cannot be reached now; try again later")
        case OutcomeUnknown():
            return HttpError(503, "it is not known whether this was done; look at the cart, then decide")
        case TooLarge():
            return HttpError(413, "the cart is full; remove something first")
        case Damaged():
            return HttpError(500, "the stored cart is damaged; tell the people of this site")
        case UnknownFormat():
            return HttpError(500, "the cart was stored by a newer version of this site")
        case Unsupported():
            return HttpError(500, "the store of this site cannot keep sessions")
        case Denied():
            return HttpError(500, "the store of this site refused access")
        case _:
            return HttpError(500, "something is wrong with this site")
