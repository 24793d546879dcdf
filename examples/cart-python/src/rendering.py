"""The page: the cart for a person, with forms that need no JavaScript.

Its templates are those of the cart in Rust. They are read when the component is built: this module is loaded then, and
what it has in memory becomes a part of the component.
"""

from dataclasses import dataclass
from html import escape
from importlib.resources import files

from cart import Cart, Order

# The directory `page` of the cart in Rust, which the build puts on Python's path.
TEMPLATES = {file.name: file.read_text() for file in files("page").iterdir()}

# The page's style sheet.
STYLE = TEMPLATES["style.css"]


@dataclass
class View:
    """What the page shows of a session."""

    cart: Cart
    last_order: Order | None


def render(view: View | None, notice: str | None = None) -> str:
    """Renders the page. Without a view, because the cart is out of reach, it shows the notice alone."""
    return _fill(
        "page",
        count=view.cart.count if view else "?",
        notice=_fill("notice", text=escape(notice)) if notice else "",
        content=_content(view) if view else "",
    )


def _content(view: View) -> str:
    if view.cart.items:
        shown = _filled(view.cart)
    elif view.last_order:
        shown = _ordered(view.last_order)
    else:
        shown = TEMPLATES["empty.html"]
    return shown + TEMPLATES["add.html"]


def _filled(cart: Cart) -> str:
    attempts = _fill("attempts", failed=cart.attempts) if cart.attempts else ""
    return _fill("cart", items=_rows("item", cart.items), attempts=attempts)


def _ordered(order: Order) -> str:
    return _fill("order", items=_rows("ordered", order.items), coupon=escape(order.coupon))


def _rows(template: str, items: dict[str, int]) -> str:
    return "".join(_fill(template, sku=escape(sku), quantity=quantity) for sku, quantity in items.items())


def _fill(template: str, **values: object) -> str:
    """Puts values, which are HTML already, in the places of their names."""
    return TEMPLATES[f"{template}.html"].format_map(values)
