"""Responses in JSON, and with the page."""

from typing import Any

from lovely_session import SessionError, Visit
from lovely_session.http import HeaderItems, Request, Response

import cart
from cart import VISITORS
from rendering import View, render

# What is shown belongs to one visitor at one time, so nothing may keep it.
HEADERS = [("cache-control", "no-store"), ("x-content-type-options", "nosniff")]

# The page has no scripts, and its style and its forms are its own.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def json_response(value: Any, status: int = 200, headers: HeaderItems = ()) -> Response:
    """A response in JSON."""
    return Response.json(value, status, [*HEADERS, *dict(headers).items()])


def text_response(content_type: str, text: str, status: int = 200, headers: HeaderItems = ()) -> Response:
    """A response with a text of another type."""
    return Response(text, status, [*HEADERS, ("content-type", content_type), *dict(headers).items()])


def page_response(html: str, status: int = 200, headers: HeaderItems = ()) -> Response:
    """A response with the page."""
    policy = {"content-security-policy": PAGE_POLICY, **dict(headers)}
    return text_response("text/html; charset=utf-8", html, status, policy)


def see_other(location: str) -> Response:
    """Sends a browser on after a form has done its work, so that a reload does not repeat it."""
    return Response(status=303, headers=[*HEADERS, ("location", location)])


def view(visit: Visit) -> View:
    """What the page shows of a visitor."""
    return View(cart.look(visit.session), cart.last_order(visit.session))


def page_with_notice(request: Request, notice: str) -> str:
    """The page with a message. The cart itself may be out of reach: then it shows only the message."""
    try:
        shown = VISITORS.visit(request, view).value
    except SessionError:
        shown = None
    return render(shown, notice)
