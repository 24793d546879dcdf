"""Visitors, identified by a cookie."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Concatenate, Generic, ParamSpec, TypeVar

from .container import Container, checked_options
from .cookie import Cookie, CookieHeaders
from .errors import Conflict
from .http.request import Request
from .http.response import Response
from .patience import Patience
from .retry import CONFLICT_OR_END, do, retry
from .transact import DEFAULT_PATIENCE
from .transaction import Isolation, Transaction, checked_isolation
from .visit import Remaining, Visit

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Visited(Generic[T]):
    """The result of a visit that was committed."""

    value: T
    """The result of the work."""

    set_cookie: str | None = field(repr=False)
    """The value of a `Set-Cookie` header for the response; `None` if the browser has the right cookie already.

    It contains the session's id, which is a secret.
    """


class Visitors:
    """The visitors of a site: the container of their sessions, and the cookie that identifies them.

    >>> shop = Visitors("shop", cookie=Cookie("sid", max_age=28800), timeout=28800)
    """

    def __init__(
        self,
        container: str,
        cookie: Cookie,
        *,
        timeout: int | None = None,
        resolution: int | None = None,
        max_size: int | None = None,
        remember_ended: int | None = None,
        isolation: Isolation = "serializable",
        patience: float = DEFAULT_PATIENCE,
    ) -> None:
        """Visitors whose sessions are in the container of this name.

        `timeout`, `resolution`, `max_size` and `remember_ended` are the options of the `Container`; its name and their
        ranges are checked with the first visit. `isolation` and `patience` are those of `transact`.
        """
        self._container = container
        self._cookie = cookie
        self._options = checked_options(timeout, resolution, max_size, remember_ended)
        self._isolation: Isolation = checked_isolation(isolation)
        self._patience = patience

    def visit(self, request: Request | CookieHeaders, work: Callable[[Visit], T]) -> Visited[T]:
        """Runs `work` in a transaction for a visitor, and commits it.

        `request` is the request, or the values of its `Cookie` headers. If the cookie leads to no session, the visitor
        is new, and gets another id if a session is begun.

        If another request changed the session first, nothing was stored, and `work` runs again on fresh data. If the
        session ended meanwhile, `work` runs again for a new visitor. So **`work` may run more than once**: do nothing
        in it, outside of the transaction, that must not happen twice. If `work` raises, nothing is stored.

        Raises what `work` raises; `InvalidName` and `InvalidOption` when the container's name or its options are
        invalid; `Misuse` when `work` is `async` or contains `yield`; and the exceptions of `Container.resume` and
        `Transaction.commit`. `Conflict`, `Gone` and `Ended` are raised only when every run failed until the patience
        was over. After any other exception `work` is not run again, in particular not after `OutcomeUnknown`, because
        the commit may have been applied.
        """
        presented = self._presented(request)

        def run() -> Visited[T]:
            with self._managed(presented) as visit:
                value = do(work, visit)
            return Visited(value, visit.set_cookie)

        return retry(Patience(self._patience), CONFLICT_OR_END, run)

    @contextmanager
    def visiting(self, request: Request | CookieHeaders) -> Iterator[Visit]:
        """Runs a block in a transaction for a visitor, and commits it when the block ends.

        After the block, `visit.set_cookie` is the value of a `Set-Cookie` header for the response. When the block
        raises, nothing is stored.

        A block cannot run again by itself. If another request changed the session first, `Conflict` is raised when the
        block ends, and nothing was stored; `visit` runs again, and needs a function for that.

        >>> with shop.visiting(request) as visit:
        ...     visit.session_or_begin().package("cart").add("apple")
        >>> headers = {} if visit.set_cookie is None else {"set-cookie": visit.set_cookie}
        """
        advice = "a block of `visiting` cannot run again by itself: use `visit` or `handler`"
        with self._managed(self._presented(request), advice) as visit:
            yield visit

    def handler(
        self, work: Callable[Concatenate[Request, Visit, P], Response]
    ) -> Callable[Concatenate[Request, P], Response]:
        """Makes a function of a request and a visit one of a request, which returns the response with the cookie.

        Each call runs the function by `visit`, so it may run more than once. The response gets `Cache-Control:
        no-store` unless it has a `Cache-Control`, because it belongs to one visitor. Further arguments are passed on.

        >>> @shop.handler
        ... def show_cart(request, visit):
        ...     return Response.json(visit.session.package("cart").entries() if visit.session else {})

        A call raises as `visit` does, and `Misuse` when the function returns something else than a `Response`.
        """

        @functools.wraps(work)
        def call(request: Request, /, *arguments: P.args, **named: P.kwargs) -> Response:
            def respond(visit: Visit) -> Response:
                return Response.expect(work(request, visit, *arguments, **named))

            visited = self.visit(request, respond)
            return visited.value.with_cookie(visited.set_cookie)

        return call

    @contextmanager
    def _managed(self, presented: str | None, advice: str | None = None) -> Iterator[Visit]:
        transaction = Transaction(self._isolation)
        transaction._manage()
        try:
            timeout, resolution, max_size, remember_ended = self._options
            container = Container(
                self._container,
                timeout=timeout,
                resolution=resolution,
                max_size=max_size,
                remember_ended=remember_ended,
            )
            visit = Visit(transaction, container, presented)
            yield visit
            # Before the commit, because a finished transaction allows no calls on the session.
            remaining = visit._remaining()
            _commit(transaction, advice)
            session_id = None if visit.session is None else visit.session.id
            visit._committed(self._set_cookie(presented, remaining, session_id))
        finally:
            transaction._end_visit()

    def _presented(self, request: Request | CookieHeaders) -> str | None:
        headers = request.headers.get_all("cookie") if isinstance(request, Request) else request
        return self._cookie.id_in(headers)

    def _set_cookie(self, presented: str | None, remaining: Remaining, session_id: str | None) -> str | None:
        """Returns the `Set-Cookie` value for a browser that presented an id, after a visit."""
        if remaining == "end":
            return self._cookie.remove_cookie()
        if remaining == "session" and session_id is not None:
            # A cookie with an age has to be extended with every visit.
            if presented != session_id or self._cookie.max_age is not None:
                return self._cookie.set_cookie(session_id)
        return None


def _commit(transaction: Transaction, advice: str | None) -> None:
    """Commits. A conflict gets this advice, which says what to do where nothing runs again by itself."""
    try:
        transaction._commit()
    except Conflict as conflict:
        if advice is None:
            raise
        conflicts = conflict.conflicts
    else:
        return
    raise Conflict(conflicts, advice)
