"""What `serve` makes of requests and of responses, with stand-ins for the bindings."""

import contextlib
import io
import types
import unittest
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from lovely_session.http import HttpError, Request, Response, serve, serving


class Err(Exception):
    """As the bindings raise."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


class Closed:
    """The end of a stream."""


class Incoming:
    """A request of WASI."""

    def __init__(self, method: str, path: str, parts: list[bytes | Err]) -> None:
        self._method = types.SimpleNamespace(value=method)
        self._path = path
        self._parts = parts

    def method(self) -> object:
        return self._method

    def path_with_query(self) -> str:
        return self._path

    def authority(self) -> str:
        return "shop.example:81"

    def headers(self) -> "Incoming":
        return self

    def entries(self) -> list[tuple[str, bytes]]:
        return [("x-a", b"\xff")]

    @contextlib.contextmanager
    def consume(self) -> "Iterator[Incoming]":
        yield self

    @contextlib.contextmanager
    def stream(self) -> "Iterator[Incoming]":
        yield self

    def blocking_read(self, length: int) -> bytes:
        if not self._parts:
            raise Err(Closed())
        part = self._parts.pop(0)
        if isinstance(part, Err):
            raise part
        return part


class Outgoing:
    """A response of WASI."""

    def __init__(self, headers: list[tuple[str, bytes]]) -> None:
        if any(name == "connection" for name, _ in headers):
            raise Err("forbidden")
        self.headers = dict(headers)
        self.status = 0
        self.sent = b""

    def set_status_code(self, status: int) -> None:
        self.status = status

    def body(self) -> "Outgoing":
        return self

    @contextlib.contextmanager
    def write(self) -> "Iterator[Outgoing]":
        yield self

    def blocking_write_and_flush(self, contents: bytes) -> None:
        self.sent += contents


BINDINGS = types.SimpleNamespace(
    Err=Err,
    Ok=lambda value: value,
    StreamError_Closed=Closed,
    Fields=types.SimpleNamespace(from_list=list),
    OutgoingResponse=Outgoing,
    OutgoingBody=mock.Mock(),
    ResponseOutparam=types.SimpleNamespace(set=lambda out, response: out.append(response)),
)


class ServingTest(unittest.TestCase):
    def respond(
        self,
        handle: Callable[[Request], Response],
        *parts: bytes | Err,
        method: str = "GET",
        path: str = "/",
        **options: Any,
    ) -> Outgoing:
        out: list[Outgoing] = []
        with contextlib.redirect_stderr(io.StringIO()) as log, mock.patch.object(serving, "_wit", BINDINGS):
            handler: Any = serve(handle, **options)()
            handler.handle(Incoming(method, path, list(parts)), out)
        self.log = log.getvalue()
        return out[0]

    def test_a_request_is_read(self) -> None:
        def handle(request: Request) -> Response:
            self.assertEqual((request.path, request.query), ("/a%20b", "c=?"))
            self.assertEqual(request.headers.items(), [("host", "shop.example:81"), ("x-a", "\xff")])
            return Response(request.body)

        sent = self.respond(handle, b"ab", b"c", path="/a%20b?c=?")
        self.assertEqual((sent.status, sent.sent, sent.headers["content-length"]), (200, b"abc", b"3"))

    def test_a_body_that_is_too_large_or_breaks_off_is_refused(self) -> None:
        cases: list[tuple[list[bytes | Err], int]] = [([b"ab", b"cd"], 413), ([b"ab", Err("x")], 400), ([b"abc"], 200)]
        for parts, status in cases:
            sent = self.respond(lambda request: Response(request.body), *parts, max_body=3)
            self.assertEqual(sent.status, status)

    def test_no_content_is_sent_where_there_can_be_none(self) -> None:
        for status, method in [(204, "GET"), (304, "GET"), (200, "HEAD")]:
            sent = self.respond(lambda request: Response("text", status), method=method)
            self.assertEqual((sent.status, sent.sent), (status, b""))
            self.assertEqual(sent.headers.get("content-length"), b"4" if method == "HEAD" else None)

    def test_the_length_of_what_a_head_leaves_out_is_not_told_as_0(self) -> None:
        told = Response(headers={"Content-Length": "7"})
        self.assertEqual(self.respond(lambda request: told, method="HEAD").headers["content-length"], b"7")
        self.assertNotIn("content-length", self.respond(lambda request: Response(), method="HEAD").headers)
        self.assertEqual(self.respond(lambda request: told).headers["content-length"], b"0")

    def test_a_header_of_the_connection_is_a_misuse(self) -> None:
        sent = self.respond(lambda request: Response("x", headers={"Connection": "close"}))
        self.assertEqual(sent.status, 500)
        self.assertIn(b"belongs to the connection", sent.sent)

    def test_when_the_handler_of_errors_fails_too_both_errors_are_logged(self) -> None:
        def handle(request: Request) -> Response:
            raise LookupError

        def on_error(request: Request, error: Exception) -> Response:
            raise HttpError(502, "sorry, \ud800")

        sent = self.respond(handle, on_error=on_error)
        self.assertEqual((sent.status, sent.sent), (502, b"sorry, ?\n"))
        self.assertIn("LookupError", self.log)
