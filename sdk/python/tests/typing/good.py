"""What type checkers accept, with the types that they find."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from lovely_session import Container, Cookie, Package, Transaction, Visit, Visited, Visitors, transact, transactional
from lovely_session.http import HttpError, Request, Response, error_response, serve

if TYPE_CHECKING:
    from typing_extensions import assert_type


class Address(TypedDict):
    """A TypedDict of an application."""

    city: str


@dataclass
class Line:
    """A dataclass of an application."""

    sku: str
    quantity: int = 1


shop = Visitors("shop", Cookie("sid", max_age=3600, same_site="strict"), timeout=3600, isolation="snapshot", patience=1)


@shop.handler
def show(request: Request, visit: Visit) -> Response:
    """A handler of a visit."""
    return Response.json({"path": request.path, "known": visit.session is not None})


@shop.handler
def remove(request: Request, visit: Visit, sku: str) -> Response:
    """A handler with a further argument."""
    if not visit.session_or_begin().package("cart").remove(sku):
        raise HttpError(404, "it is not there")
    return Response(status=204, headers=[("x-sku", sku)])


def route(request: Request) -> Response:
    """A handler of all requests."""
    return show(request) if request.path == "/" else remove(request, request.path[1:])


def fail(request: Request, error: Exception) -> Response:
    """A handler of errors."""
    return error_response(request, error)


IncomingHandler = serve(route, on_error=fail, max_body=1024)


def values(visit: Visit) -> int:
    """Packages with and without types."""
    session = visit.session_or_begin()
    numbers = session.package("cart", int)
    assert_type(numbers, Package[int])
    assert_type(numbers["apple"], int)
    assert_type(numbers.get("apple"), int | None)
    assert_type(numbers.get("apple", 0), int)
    assert_type(numbers.peek("apple", 0), int)
    assert_type(numbers.pop("apple"), int)
    assert_type(numbers.peek_entries(), dict[str, int])
    assert_type(list(numbers.items()), list[tuple[str, int]])
    numbers["apple"] = numbers.setdefault("apple", 0) + 1
    numbers.update({"apple": 1}, pear=2)
    numbers.update([("apple", 1)])
    numbers.update(numbers)
    assert_type(session.package("any"), Package[Any])
    assert_type(session.package("lists", list[str])["a"], list[str])
    assert_type(session.package("addresses", Address)["home"]["city"], str)
    assert_type(session.package("lines", Line)["first"].quantity, int)
    names: Package[str | None] = session.package("names", str | None)
    sizes: Package[Literal["s", "m"]] = session.package("sizes", Literal["s", "m"])
    assert_type(names["a"], str | None)
    sizes["shirt"] = "m"
    return len(numbers)


def visits(request: Request) -> str | None:
    """The ways to visit."""
    visited = shop.visit(request, values)
    assert_type(visited, Visited[int])
    shop.visit(["sid=1", b"sid=2"], values)
    shop.visit("sid=1", values)
    with shop.visiting(request) as visit:
        assert_type(visit, Visit)
        with visit.savepoint() as savepoint:
            savepoint.rollback()
    return visit.set_cookie


def points(transaction: Transaction) -> int:
    """Work of a transaction."""
    score = Container("players", timeout=60).session(transaction, "player 7").package("score", int)
    return score.get("points", 0)


@transactional(isolation="last-writer-wins")
def set_points(transaction: Transaction, player: str, number: int) -> bool:
    """Work with arguments."""
    Container("players").session(transaction, player).package("score", int)["points"] = number
    return True


assert_type(transact(points, patience=0.5), int)
assert_type(set_points("player 7", number=3), bool)
