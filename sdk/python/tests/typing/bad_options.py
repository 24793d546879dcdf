"""What type checkers refuse in options. Each line with an error is marked."""

from lovely_session import Container, Cookie, Visitors

Cookie("sid", same_site="Lax")  # error
Cookie("sid", max_age="60")  # error
Cookie("sid", 60)  # error
Cookie("sid", secure=False)  # error
Cookie("sid").name = "other"  # error
Visitors("shop", "sid")  # error
Visitors("shop", Cookie("sid"), isolation="none")  # error
Visitors("shop", Cookie("sid"), timeout=1.5)  # error
Visitors("shop", Cookie("sid"), patience=None)  # error
Container("shop", 60)  # error
