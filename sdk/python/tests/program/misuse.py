"""Handlers with mistakes, which the SDK has to tell of."""

from collections.abc import Callable, Iterator
from typing import Any

from lovely_session import Cookie, Session, Visit, Visitors
from lovely_session.http import Request, Response

visitors = Visitors("misuse", Cookie("sid"))


# The type checkers refuse these handlers.
def handler(work: Any) -> Callable[[Request], Response]:
    """Makes a handler of anything."""
    return visitors.handler(work)


@handler
def returns_nothing(request: Request, visit: Visit) -> None:
    """Forgets the response."""
    visit.session_or_begin().package("cart").add("apple")


@handler
def throws(request: Request, visit: Visit) -> Response:
    """Fails."""
    raise LookupError("a secret")


@handler
def answers_twice(request: Request, visit: Visit) -> Iterator[Response]:
    """Is a generator."""
    yield Response("once")
    yield Response("twice")


def keeps_session(request: Request) -> Response:
    """Uses the session of a visit after it."""
    kept: list[Session] = []

    @visitors.handler
    def keep(request: Request, visit: Visit) -> Response:
        kept.append(visit.session_or_begin())
        return Response()

    keep(request)
    kept[0].package("cart").add("apple")
    return Response("it was taken")


@handler
async def forgets_await(request: Request, visit: Visit) -> Response:
    """Is a coroutine, for which nobody waits."""
    return Response("nobody sees this")


@handler
def commits_itself(request: Request, visit: Visit) -> Response:
    """Commits what the visit commits."""
    visit.session_or_begin().package("cart").add("apple")
    visit.transaction.commit()
    return Response("committed")


MISUSES: dict[str, Callable[[Request], Response]] = {
    "returns-nothing": returns_nothing,
    "throws": throws,
    "answers-twice": answers_twice,
    "keeps-session": keeps_session,
    "forgets-await": forgets_await,
    "commits-itself": commits_itself,
}
