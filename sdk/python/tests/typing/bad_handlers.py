"""What type checkers refuse in handlers and in work. Each line with an error is marked."""

from lovely_session import Cookie, Transaction, Visit, Visitors, transact, transactional
from lovely_session.http import Request, Response, serve

shop = Visitors("shop", Cookie("sid"))


@shop.handler  # error
def returns_nothing(request: Request, visit: Visit) -> None:
    """Returns no response."""


@shop.handler  # error
async def waits(request: Request, visit: Visit) -> Response:
    """Returns a coroutine."""
    return Response()


@shop.handler  # error
def takes_no_visit(request: Request) -> Response:
    """Has no argument for the visit."""
    return Response()


@shop.handler
def remove(request: Request, visit: Visit, sku: str) -> Response:
    """Has a further argument."""
    return Response()


def number(transaction: Transaction) -> int:
    """Returns a number."""
    return 1


@transactional()
def with_argument(transaction: Transaction, name: str) -> int:
    """Takes an argument."""
    return len(name)


serve(remove)  # error
serve(lambda request: "text")  # error
serve(remove, on_error=remove)  # error
text: str = transact(number)  # error
transact(number, isolation="read-committed")  # error
with_argument(7)  # error
with_argument()  # error
shop.visit(7, lambda visit: None)  # error
Response({"a": 1})  # error
