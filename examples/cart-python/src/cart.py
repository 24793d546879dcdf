"""The cart: what it keeps in a session, and how it changes.

A session has two packages. `cart` has one key for each SKU, with its quantity, so that requests that change different
things touch different keys. `checkout` has `attempts`, the number of checkouts that failed, and `coupon` and
`reservation`, which are the last order.

What is only shown is peeked at, so that a request that adds one thing and answers with the whole cart depends on that
one thing alone. A checkout depends on everything that it orders.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from wit_world.imports.sessions import Package, Session

from refusal import Refusal
from transact import Visit

# The one coupon that a checkout takes.
VALID_COUPON = "WELCOME"

# The most of one thing that a cart holds.
MAX_HELD = 1_000_000


@dataclass
class Cart:
    """A cart: quantities by SKU, and how many checkouts failed."""

    items: dict[str, int] = field(default_factory=dict)
    attempts: int = 0

    @property
    def count(self) -> int:
        return sum(self.items.values())


@dataclass
class Order:
    """What a checkout ordered."""

    items: dict[str, int]
    coupon: str

    @property
    def count(self) -> int:
        return sum(self.items.values())


def look(session: Session | None) -> Cart:
    """The cart in a session, to be shown; an empty one where there is no session."""
    if session is None:
        return Cart()
    items = _items(session.package("cart").peek_entries())
    return Cart(items, _peek(session.package("checkout"), "attempts", 0))


def last_order(session: Session | None) -> Order | None:
    """The last order in a session, to be shown, if there was one."""
    if session is None:
        return None
    checkout = session.package("checkout")
    coupon = _peek(checkout, "coupon")
    return None if coupon is None else Order(_peek(checkout, "reservation", {}), coupon)


def add(session: Session, sku: str, quantity: int) -> None:
    """Adds to what is there.

    The limit depends on that, so it is read; two requests that add the same thing conflict, and one of them runs again.
    """
    cart = session.package("cart")
    total = _read(cart, sku, 0) + quantity
    if total > MAX_HELD:
        raise Refusal(400, "a cart holds at most 1000000 of one thing")
    _write(cart, sku, total)


def remove(session: Session, sku: str) -> bool:
    """Removes all of a thing; false if there was none."""
    return session.package("cart").remove(sku)


def check_out(visit: Visit, coupon: str) -> Order | Refusal:
    """Orders what is in the cart, and empties it; or counts a failed attempt, and changes nothing else.

    Either way there is something to commit, so that a refusal is answered here and not raised.
    """
    session = visit.session_or_begin()
    checkout = session.package("checkout")
    before_order = visit.savepoint()
    order = _place_order(session.package("cart"), checkout, coupon)
    if refusal := _objection(order):
        before_order.rollback()
        # To count needs no look at the number, so that it conflicts with nobody.
        checkout.add("attempts", 1)
        return refusal
    return order


def _place_order(cart: Package, checkout: Package, coupon: str) -> Order:
    """Moves the items from the cart to the reservation."""
    order = Order(_items(cart.entries()), coupon)
    _write(checkout, "coupon", coupon)
    _write(checkout, "reservation", order.items)
    cart.clear()
    return order


def _objection(order: Order) -> Refusal | None:
    if order.coupon != VALID_COUPON:
        return Refusal(422, "this coupon is not valid")
    if not order.items:
        return Refusal(422, "the cart is empty")
    return None


def _items(entries: list[tuple[str, str]]) -> dict[str, int]:
    return {sku: json.loads(quantity) for sku, quantity in entries}


def _read(package: Package, key: str, default: Any = None) -> Any:
    """What is stored under a key; a package stores JSON texts."""
    return _parsed(package.get(key), default)


def _peek(package: Package, key: str, default: Any = None) -> Any:
    """What is stored under a key, to be shown."""
    return _parsed(package.peek(key), default)


def _parsed(text: str | None, default: Any) -> Any:
    return default if text is None else json.loads(text)


def _write(package: Package, key: str, value: Any) -> None:
    package.set(key, json.dumps(value))
