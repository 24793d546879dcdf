"""Responses."""

from __future__ import annotations

import inspect
import json
from typing import Any

from ..errors import Misuse
from .headers import HeaderItems, Headers


class Response:
    """An HTTP response. It does not change after it was made, so it can be a constant."""

    def __init__(self, body: str | bytes = "", status: int = 200, headers: HeaderItems | Headers = ()) -> None:
        """Makes a response.

        A text is sent in UTF-8. Unless `headers` has a `Content-Type`, that of a text is `text/plain; charset=utf-8`,
        and that of bytes `application/octet-stream`. `Content-Length` is set when the response is sent.

        Raises `ValueError` unless the status is from 200 to 599, and `TypeError` for another body.
        """
        if not isinstance(body, (str, bytes, bytearray, memoryview)):
            raise TypeError(f"the body must be str or bytes, not {type(body).__name__}: Response.json sends others")
        self.status = checked_status(status)
        """The status code."""
        self.body = body.encode() if isinstance(body, str) else bytes(body)
        """The body."""
        self.headers = Headers(headers)
        """The headers."""
        if "content-type" not in self.headers and self.body:
            kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/octet-stream"
            self.headers = self.headers.adding("content-type", kind)

    @classmethod
    def json(cls, value: Any, status: int = 200, headers: HeaderItems | Headers = ()) -> Response:
        """Makes a response with a value as JSON. Raises `TypeError` or `ValueError` if JSON cannot say it."""
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        given = Headers(headers)
        return cls(text, status, given if "content-type" in given else given.adding("content-type", "application/json"))

    @classmethod
    def expect(cls, value: object) -> Response:
        """Returns what a handler has returned. Raises `Misuse` if it is not a response."""
        if isinstance(value, Response):
            return value
        if inspect.iscoroutine(value):
            value.close()
            raise Misuse("the handler is `async`, and none of it ran: write `def` instead of `async def`")
        if inspect.isgenerator(value) or inspect.isasyncgen(value):
            raise Misuse("the handler contains `yield`, and none of it ran: it must return one Response")
        if value is None:
            raise Misuse("the handler returned nothing: it must return a Response")
        raise Misuse(f"the handler returned a value of the type {type(value).__name__}: it must return a Response")

    def adding(self, name: str, value: str) -> Response:
        """Returns this response with another header."""
        return Response(self.body, self.status, self.headers.adding(name, value))

    def with_cookie(self, set_cookie: str | None) -> Response:
        """Returns this response with the cookie of a visit, if there is one.

        It gets `Cache-Control: no-store` unless it has a `Cache-Control`, because it belongs to one visitor.
        """
        response = self if "cache-control" in self.headers else self.adding("cache-control", "no-store")
        return response if set_cookie is None else response.adding("set-cookie", set_cookie)

    def __repr__(self) -> str:
        return f"<Response {self.status}>"


def checked_status(status: int) -> int:
    """Returns a status code. Raises `ValueError` for one that a response cannot have."""
    if not 200 <= status <= 599:
        raise ValueError(f"the status of a response must be from 200 to 599, not {status}")
    return status
