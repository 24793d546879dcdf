"""The cart: what it keeps in a session, and how it changes.

A session has two packages. `cart` has one key for each SKU, with its quantity, so that requests that change different
things touch different keys. `checkout` has `attempts`, the number of checkouts that failed, and `coupon` and
`reservation`, which are the last order.

What is only shown is peeked at, so that a request that adds one thing and answers with the whole cart depends on that
one thing alone. A checkout depends on everything that it orders.
"""

from dataclasses import dataclass, field

from lovely_session import Cookie, Package, Session, Visit, Visitors
from lovely_session.http import HttpError

# `over_plain_http` is for development: leave it out where browsers come over HTTPS.
VISITORS = Visitors("cart", Cookie("sid", over_plain_http=True))

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
        """How many things there are in all."""
        return sum(self.items.values())


@dataclass
class Order:
    """What a checkout ordered."""

    items: dict[str, int]
    coupon: str

    @property
    def count(self) -> int:
        """How many things there are in all."""
        return sum(self.items.values())


def look(session: Session | None) -> Cart:
    """The cart in a session, to be shown; an empty one where there is no session."""
    if session is None:
        return Cart()
    return Cart(_items(session).peek_entries(), session.package("checkout", int).peek("attempts", 0))


def last_order(session: Session | None) -> Order | None:
    """The last order in a session, to be shown, if there was one."""
    if session is None:
        return None
    coupon = session.package("checkout", str).peek("coupon")
    reservation = session.package("checkout", dict[str, int]).peek("reservation", {})
    return None if coupon is None else Order(reservation, coupon)


def add(session: Session, sku: str, quantity: int) -> None:
    """Adds to what is there.

    The limit depends on that, so it is read; two requests that add the same thing conflict, and one of them runs again.
    """
    items = _items(session)
    total = items.get(sku, 0) + quantity
    if total > MAX_HELD:
        raise HttpError(400, "a cart holds at most 1000000 of one thing")
    items[sku] = total


def remove(session: Session | None, sku: str) -> bool:
    """Removes all of a thing; false if there was none."""
    return session is not None and _items(session).remove(sku)


def check_out(visit: Visit, coupon: str) -> Order | HttpError:
    """Orders what is in the cart, and empties it; or counts a failed attempt, and changes nothing else.

    Either way there is something to commit, so that a refusal is returned here and not raised.
    """
    session = visit.session_or_begin()
    before_order = visit.savepoint()
    order = _place_order(session, coupon)
    if refusal := _objection(order):
        before_order.rollback()
        # To count needs no look at the number, so that it conflicts with nobody.
        session.package("checkout").add("attempts")
        return refusal
    return order


def _place_order(session: Session, coupon: str) -> Order:
    """Moves the items from the cart to the reservation."""
    items = _items(session)
    order = Order(items.entries(), coupon)
    session.package("checkout").update(coupon=coupon, reservation=order.items)
    items.clear()
    return order


def _objection(order: Order) -> HttpError | None:
    if order.coupon != VALID_COUPON:
        return HttpError(422, "this coupon is not valid")
    if not order.items:
        return HttpError(422, "the cart is empty")
    return None


def _items(session: Session) -> Package[int]:
    return session.package("cart", int)
