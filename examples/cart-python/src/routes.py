"""The HTTP contract: which request does what, and how it is answered."""

import traceback
from collections.abc import Callable
from typing import Any

from componentize_py_types import Err

import cart
from cart import Cart, Order
from item import is_quantity, is_sku
from refusal import Refusal, refusal_for
from rendering import STYLE, View, render
from request import Fields, Request, percent_decode
from response import Response, json_response, page_response, see_other, style_response
from transact import Visit, transact

ITEM = "/cart/items/"

# The `Set-Cookie` value that hands a session's id to a browser, until it is closed. It is `HttpOnly`, so that scripts
# cannot steal it, and `SameSite=Lax`, so that forms on other sites cannot use it. Behind HTTPS, add `Secure`.
COOKIE = "sid={}; HttpOnly; SameSite=Lax; Path=/"

# The methods with the meaning of each, as the `Allow` header lists them.
ALLOW = {"GET": "GET, HEAD", "POST": "POST", "DELETE": "DELETE"}


def answer(request: Request) -> Response:
    """Answers any request."""
    try:
        return _route(request)
    except Refusal as refusal:
        return _refuse(request, refusal)
    except Err as error:
        return _refuse(request, refusal_for(error.value))
    except Exception:
        # This goes to the log.
        traceback.print_exc()
        return _refuse(request, Refusal(500, "something is wrong with this site"))


def _route(request: Request) -> Response:
    method, handler = _find(request.path)
    if request.method != method:
        raise Refusal(405, "this address does not know this method", ALLOW[method])
    if method != "GET" and request.is_cross_site:
        raise Refusal(403, "another site may not change the cart")
    return handler(request)


def _find(path: str) -> tuple[str, Callable[[Request], Response]]:
    match path:
        case "/":
            return "GET", _show_page
        case "/style.css":
            return "GET", lambda _: style_response(STYLE)
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
            raise Refusal(404, "there is nothing at this address")


def _show_page(request: Request) -> Response:
    return page_response(200, render(_view(request)))


def _show_cart(request: Request) -> Response:
    shown, _ = transact(request.session_id, lambda visit: cart.look(visit.session))
    return json_response(200, _in_json(shown))


def _add_item(request: Request) -> Response:
    fields = request.fields()
    sku, quantity = _sku(fields), _quantity(fields)
    return _change(request, lambda visit: cart.add(visit.session_or_begin(), sku, quantity))


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
    return _remove(request, _sku(request.fields()))


def _remove(request: Request, sku: str) -> Response:
    def remove(visit: Visit) -> None:
        if visit.session is None or not cart.remove(visit.session, sku):
            raise _not_in_cart()

    return _change(request, remove)


def _change(request: Request, work: Callable[[Visit], None]) -> Response:
    """Changes the cart, and answers with it, and with a cookie if a session began with the change."""

    def change_and_look(visit: Visit) -> Cart:
        work(visit)
        return cart.look(visit.session)

    changed, new_session = transact(request.session_id, change_and_look)
    return _remember(_succeed(request, _in_json(changed)), new_session)


def _check_out(request: Request) -> Response:
    coupon = request.fields().text("coupon")
    if coupon is None:
        raise Refusal(400, "coupon must be a text")
    outcome, new_session = transact(request.session_id, lambda visit: cart.check_out(visit, coupon))
    match outcome:
        case Order() as order:
            shown = {"items": order.items, "count": order.count, "coupon": order.coupon}
            response = _succeed(request, {"ok": True, "order": shown})
        case Refusal() as refusal:
            response = _refuse(request, refusal)
    return _remember(response, new_session)


def _log_out(request: Request) -> Response:
    def destroy(visit: Visit) -> None:
        if visit.session is not None:
            visit.session.destroy()

    transact(request.session_id, destroy)
    response = _succeed(request, {"ok": True})
    response.headers["set-cookie"] = COOKIE.format("") + "; Max-Age=0"
    return response


def _view(request: Request) -> View:
    view, _ = transact(
        request.session_id, lambda visit: View(cart.look(visit.session), cart.last_order(visit.session))
    )
    return view


def _succeed(request: Request, value: dict[str, Any]) -> Response:
    """A form is answered with the page, anything else with JSON."""
    return see_other("/") if request.is_form else json_response(200, value)


def _refuse(request: Request, refusal: Refusal) -> Response:
    if request.is_form or request.path == "/":
        page = render(_view_if_reachable(request), refusal.message)
        response = page_response(refusal.status, page)
    else:
        response = json_response(refusal.status, {"error": refusal.message})
    if refusal.allow:
        response.headers["allow"] = refusal.allow
    return response


def _view_if_reachable(request: Request) -> View | None:
    """The cart itself may be out of reach: then the page shows only the message."""
    try:
        return _view(request)
    except Err:
        return None


def _remember(response: Response, new_session: str | None) -> Response:
    if new_session is not None:
        response.headers["set-cookie"] = COOKIE.format(new_session)
    return response


def _in_json(shown: Cart) -> dict[str, Any]:
    """A cart, as `GET /cart` shows it: with the failed checkouts once there is one."""
    failed = {"attempts": shown.attempts} if shown.attempts else {}
    return {"items": shown.items, "count": shown.count} | failed


def _sku(fields: Fields) -> str:
    sku = fields.text("sku")
    if sku is None or not is_sku(sku):
        raise Refusal(
            400, "sku must be a text of 1 to 64 characters, not blank, without control characters"
        )
    return sku


def _quantity(fields: Fields) -> int:
    quantity = fields.whole_number("qty")
    if quantity is None or not is_quantity(quantity):
        raise Refusal(400, "qty must be a whole number from 1 to 1000")
    return quantity


def _not_in_cart() -> Refusal:
    return Refusal(404, "this is not in the cart")
