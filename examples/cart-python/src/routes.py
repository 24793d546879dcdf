"""The HTTP contract: which request does what, and how it is answered."""

from collections.abc import Callable
from typing import Any

from lovely_session import Visit
from lovely_session.http import HttpError, Request, Response

import cart
from cart import VISITORS, Cart
from fields import Fields, is_form, percent_decode, read_fields
from item import is_quantity, is_sku
from refusal import refuse
from rendering import STYLE, render
from views import json_response, page_response, see_other, text_response, view

ITEM = "/cart/items/"

# The methods with the meaning of each, as the `Allow` header lists them.
ALLOW = {"GET": "GET, HEAD", "POST": "POST", "DELETE": "DELETE"}


def answer(request: Request) -> Response:
    """Answers any request. The server leaves out the body where it was a `HEAD`."""
    method, handler = _find(request.path)
    if request.method != method and (request.method, method) != ("HEAD", "GET"):
        raise HttpError(405, "this address does not know this method", {"allow": ALLOW[method]})
    if method != "GET" and "cross-site" in request.headers.get_all("sec-fetch-site"):
        raise HttpError(403, "another site may not change the cart")
    return handler(request)


def _find(path: str) -> tuple[str, Callable[[Request], Response]]:
    match path:
        case "/":
            return "GET", _show_page
        case "/style.css":
            return "GET", lambda _: text_response("text/css; charset=utf-8", STYLE)
        case "/cart":
            return "GET", _show_cart
        case "/cart/items":
            return "POST", _add_item
        case "/cart/remove":
            return "POST", _remove_chosen
        case "/checkout":
            return "POST", _check_out
        case "/logout":
            return "POST", _log_out
        case _ if path.startswith(ITEM):
            return "DELETE", _remove_item
        case _:
            raise HttpError(404, "there is nothing at this address")


@VISITORS.handler
def _show_page(request: Request, visit: Visit) -> Response:
    return page_response(render(view(visit)))


@VISITORS.handler
def _show_cart(request: Request, visit: Visit) -> Response:
    return json_response(_in_json(cart.look(visit.session)))


def _add_item(request: Request) -> Response:
    fields = read_fields(request)
    return _add(request, _sku(fields), _quantity(fields))


@VISITORS.handler
def _add(request: Request, visit: Visit, sku: str, quantity: int) -> Response:
    cart.add(visit.session_or_begin(), sku, quantity)
    return _changed(request, visit)


def _remove_item(request: Request) -> Response:
    """`DELETE /cart/items/{sku}`. What is no SKU cannot be in a cart either."""
    try:
        sku = percent_decode(request.path.removeprefix(ITEM))
    except ValueError:
        raise _not_in_cart() from None
    if not is_sku(sku):
        raise _not_in_cart()
    return _remove(request, sku)


def _remove_chosen(request: Request) -> Response:
    """`POST /cart/remove`: what a form does, which cannot send `DELETE`."""
    return _remove(request, _sku(read_fields(request)))


@VISITORS.handler
def _remove(request: Request, visit: Visit, sku: str) -> Response:
    if not cart.remove(visit.session, sku):
        raise _not_in_cart()
    return _changed(request, visit)


def _check_out(request: Request) -> Response:
    coupon = read_fields(request).text("coupon")
    if coupon is None:
        raise HttpError(400, "coupon must be a text")
    visited = VISITORS.visit(request, lambda visit: cart.check_out(visit, coupon))
    if isinstance(visited.value, HttpError):
        # After the visit, because it shows the cart with the attempt that was counted.
        response = refuse(request, visited.value)
    else:
        order = visited.value
        shown = {"items": order.items, "count": order.count, "coupon": order.coupon}
        response = _succeed(request, {"ok": True, "order": shown})
    return response.with_cookie(visited.set_cookie)


@VISITORS.handler
def _log_out(request: Request, visit: Visit) -> Response:
    visit.log_out()
    return _succeed(request, {"ok": True})


def _changed(request: Request, visit: Visit) -> Response:
    """Answers with the cart after a change."""
    return _succeed(request, _in_json(cart.look(visit.session)))


def _succeed(request: Request, value: dict[str, Any]) -> Response:
    """A form is answered with the page, anything else with JSON."""
    return see_other("/") if is_form(request) else json_response(value)


def _in_json(shown: Cart) -> dict[str, Any]:
    """A cart, as `GET /cart` shows it: with the failed checkouts once there is one."""
    failed = {"attempts": shown.attempts} if shown.attempts else {}
    return {"items": shown.items, "count": shown.count} | failed


def _sku(fields: Fields) -> str:
    sku = fields.text("sku")
    if sku is None or not is_sku(sku):
        raise HttpError(
            400, "sku must be a text of 1 to 64 characters, not blank, without control characters"
        )
    return sku


def _quantity(fields: Fields) -> int:
    quantity = fields.whole_number("qty")
    if quantity is None or not is_quantity(quantity):
        raise HttpError(400, "qty must be a whole number from 1 to 1000")
    return quantity


def _not_in_cart() -> HttpError:
    return HttpError(404, "this is not in the cart")
