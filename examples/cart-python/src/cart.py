"""The cart: what it keeps in a session, and how it changes.

A session has two packages. `cart` has one key for each SKU, with its quantity, so that requests that change different
things touch different keys. `checkout` has `attempts`, the number of checkouts that failed, and `coupon` and
`reservation`, which are the last order.
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
    """The cart in a session; an empty one where there is no session."""
    if session is None:
        return Cart()
    return Cart(_items(session.package("cart")), _read(session.package("checkout"), "attempts", 0))


def last_order(session: Session | None) -> Order | None:
    """The last order in a session, if there was one."""
    if session is None:
        return None
    checkout = session.package("checkout")
    coupon = _read(checkout, "coupon")
    return None if coupon is None else Order(_read(checkout, "reservation", {}), coupon)


def add(session: Session, sku: str, quantity: int) -> None:
    """Adds to what is there."""
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
    failed = _read(checkout, "attempts", 0)
    # Counted before the savepoint, so that the rollback undoes the order and not the count.
    _write(checkout, "attempts", failed + 1)

    before_order = visit.savepoint()
    order = _place_order(session.package("cart"), checkout, coupon)
    if refusal := _objection(order):
        before_order.rollback()
        return refusal
    _write(checkout, "attempts", failed)
    return order


def _place_order(cart: Package, checkout: Package, coupon: str) -> Order:
    """Moves the items from the cart to the reservation."""
    order = Order(_items(cart), coupon)
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


def _items(cart: Package) -> dict[str, int]:
    return {sku: json.loads(quantity) for sku, quantity in cart.entries()}


def _read(package: Package, key: str, default: Any = None) -> Any:
    """What is stored under a key; a package stores JSON texts."""
    text = package.get(key)
    return default if text is None else json.loads(text)


def _write(package: Package, key: str, value: Any) -> None:
    package.set(key, json.dumps(value))
