"""Requests, responses, and what a client is told of errors."""

import contextlib
import io
import unittest
from collections.abc import Iterator

from lovely_session import Conflict, Misuse, OutcomeUnknown, SessionName, StoreFailed, TooLarge, Unavailable
from lovely_session.http import Headers, HttpError, Request, Response, error_response, serve


class RequestTest(unittest.TestCase):
    def test_headers_are_found_without_regard_to_case(self) -> None:
        headers = Headers([("Cookie", "a=1"), ("X-Other", "x"), ("cookie", "b=2")])
        self.assertEqual(headers.get_all("COOKIE"), ["a=1", "b=2"])
        self.assertEqual(headers.get("cookie"), "a=1")
        self.assertIsNone(headers.get("none"))
        self.assertIn("x-other", headers)
        self.assertNotIn("a=1", repr(headers))

    def test_headers_that_http_does_not_allow_are_refused(self) -> None:
        for name, value in [("", "x"), ("a b", "x"), ("a", "x\r\nset-cookie: y"), ("a", "x\n"), ("a", "\u0394")]:
            with self.subTest(name=name, value=value), self.assertRaises(ValueError):
                Response(headers={name: value})

    def test_a_body_is_read_once(self) -> None:
        reads = []

        def read() -> bytes:
            reads.append(1)
            return b'{"a": 1}'

        request = Request("POST", body=read)
        self.assertEqual(reads, [])
        self.assertEqual((request.body, request.json(), len(reads)), (b'{"a": 1}', {"a": 1}, 1))

    def test_a_body_that_cannot_be_read_fails_each_time_in_the_same_way(self) -> None:
        problems = [HttpError(413, "the body is over 64 KiB")]

        def read() -> bytes:
            raise problems.pop()

        request = Request("POST", body=read)
        for _ in range(2):
            with self.assertRaisesRegex(HttpError, "over 64 KiB"):
                request.json()

    def test_json_that_is_broken_or_too_deep_is_refused(self) -> None:
        for body in [b"", b"{", b"NaN", b'"\xff"', b"[" * 40000]:
            with self.subTest(body[:9]), self.assertRaises(HttpError) as caught:
                Request("POST", body=body).json()
            self.assertEqual(caught.exception.status, 400)


class ResponseTest(unittest.TestCase):
    def test_the_type_of_a_body_is_told(self) -> None:
        self.assertEqual(Response("é").headers.get("content-type"), "text/plain; charset=utf-8")
        self.assertEqual(Response(b"\xff").headers.get("content-type"), "application/octet-stream")
        page = Response("<p>", headers={"Content-Type": "text/html"})
        self.assertEqual(page.headers.get_all("content-type"), ["text/html"])
        self.assertNotIn("content-type", Response(status=204).headers)
        json = Response.json({"a": "é"}, 201)
        self.assertEqual((json.status, json.body), (201, '{"a":"é"}'.encode()))

    def test_a_response_to_a_visitor_is_a_copy(self) -> None:
        constant = Response("hello")
        sent = constant.with_cookie("sid=secret").adding("set-cookie", "theme=dark")
        self.assertEqual(sent.headers.get_all("set-cookie"), ["sid=secret", "theme=dark"])
        self.assertEqual(sent.headers.get("cache-control"), "no-store")
        self.assertNotIn("set-cookie", constant.headers)
        public = Response("hello", headers={"cache-control": "public"})
        self.assertEqual(public.with_cookie(None).headers.get_all("cache-control"), ["public"])

    def test_a_status_that_cannot_be_sent_is_refused(self) -> None:
        for status in (0, 101, 600):
            with self.subTest(status), self.assertRaises(ValueError):
                Response(status=status)
            with self.subTest(status), self.assertRaises(ValueError):
                HttpError(status, "no")

    def test_a_body_that_is_no_text_and_no_bytes_is_refused(self) -> None:
        for body in (7, [1, 2], None, {"a": 1}):
            with self.subTest(body), self.assertRaisesRegex(TypeError, "Response.json"):
                Response(body)  # type: ignore[arg-type]

    def test_anything_but_a_response_is_a_misuse(self) -> None:
        async def forgotten() -> Response:
            return Response()

        def twice() -> Iterator[Response]:
            yield Response()

        for value, text in [(None, "nothing"), ("x", "type str"), (forgotten(), "async def"), (twice(), "yield")]:
            with self.subTest(text), self.assertRaisesRegex(Misuse, text):
                Response.expect(value)


class ErrorsTest(unittest.TestCase):
    def told(self, error: Exception) -> tuple[int, str, str]:
        with contextlib.redirect_stderr(io.StringIO()) as log:
            response = error_response(Request("GET", "/"), error)
        self.assertEqual(response.headers.get("cache-control"), "no-store")
        return response.status, response.body.decode(), log.getvalue()

    def test_each_error_has_a_status(self) -> None:
        large = TooLarge(SessionName("shop", "secret"), 2, 1)
        expected = {Conflict(): 503, Unavailable("x"): 503, OutcomeUnknown(): 503, large: 413, StoreFailed("x"): 500}
        for error, status in expected.items():
            self.assertEqual(self.told(error)[0], status)
            self.assertIn(type(error).__name__, self.told(error)[2])

    def test_mistakes_are_named_and_data_is_not(self) -> None:
        self.assertEqual(self.told(Misuse("write def"))[:2], (500, "write def\n"))
        status, text, log = self.told(KeyError("secret"))
        self.assertEqual((status, text), (500, "the handler raised KeyError\n"))
        self.assertNotIn("secret", log)

    def test_a_refusal_is_sent_as_it_is_and_not_logged(self) -> None:
        error = HttpError(405, "not here", {"allow": "GET"})
        self.assertEqual(self.told(error), (405, "not here\n", ""))
        self.assertEqual(error_response(Request("GET", "/"), error).headers.get("allow"), "GET")

    def test_serve_makes_a_class_that_needs_no_arguments(self) -> None:
        handler = serve(lambda request: Response())
        self.assertTrue(callable(handler().handle))
