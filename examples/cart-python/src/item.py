"""What can lie in a cart."""

import re

CONTROL_CHARACTER = re.compile("[\x00-\x1f\x7f-\x9f]")


def is_sku(text: str) -> bool:
    """Whether a text names a thing on sale.

    That is 1 to 64 characters, not blank, none of them a control character (an HTML form could not send those back
    unchanged).
    """
    return len(text) <= 64 and text.strip() != "" and not CONTROL_CHARACTER.search(text)


def is_quantity(number: int) -> bool:
    """Whether so many of a thing can be added at a time."""
    return 1 <= number <= 1000
