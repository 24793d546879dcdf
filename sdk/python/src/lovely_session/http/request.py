"""Requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..values import parse
from .headers import HeaderItems, Headers
from .problem import HttpError


def parse_json(body: bytes) -> Any:
    """Returns what a body says as JSON.

    Raises `ValueError` when it is not JSON in UTF-8, or is nested more than 100 levels deep: Python reads nested JSON
    by recursion, for which a component has little stack.
    """
    return parse(body.decode())


class Request:
    """An HTTP request. Tests of an application can make one: `Request("GET", "/cart")`."""

    def __init__(
        self,
        method: str,
        path: str = "/",
        *,
        query: str = "",
        headers: HeaderItems | Headers = (),
        body: bytes | Callable[[], bytes] = b"",
    ) -> None:
        """Makes a request. `body` can be a function, which is called when the body is first used."""
        self.method = method
        """The method, such as `GET`."""
        self.path = path
        """The path, still percent-encoded, without the query."""
        self.query = query
        """The query, still percent-encoded, without the question mark: for `urllib.parse.parse_qs`."""
        self.headers = Headers(headers)
        """The headers, with `host` among them."""
        self._body: bytes | Callable[[], bytes] | HttpError = body

    @property
    def body(self) -> bytes:
        """The body. It is read once, when it is first used, so that each run of a visit's work sees the same.

        Raises `HttpError` with the status 413 when it is larger than the limit of `serve`, and 400 when it did not
        arrive in full.
        """
        if isinstance(self._body, HttpError):
            raise self._body
        if not isinstance(self._body, bytes):
            try:
                self._body = self._body()
            except HttpError as error:
                self._body = error
                raise
        return self._body

    def json(self) -> Any:
        """Returns what the body says as JSON.

        Raises `HttpError` with the status 400 when it is not JSON in UTF-8, or is nested more than 100 levels deep; and
        as `body` does.
        """
        body = self.body
        try:
            return parse_json(body)
        except ValueError:
            raise HttpError(400, "the body must be JSON") from None

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path}>"
