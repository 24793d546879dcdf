"""WSGI applications as handlers."""

import io
import unittest
from collections.abc import Iterable
from typing import Any
from wsgiref.validate import validator

from lovely_session import Misuse
from lovely_session.http import Request
from lovely_session.wsgi import visit_of, wsgi_handler


class WsgiTest(unittest.TestCase):
    def test_an_application_sees_the_request(self) -> None:
        seen: dict[str, Any] = {}

        def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            seen.update(environ, body=environ["wsgi.input"].read(3))
            start_response("201 Created", [("Content-Type", "text/plain"), ("X-A", "1"), ("X-A", "2")])
            return [b"he", b"llo"]

        headers = [("host", "a:81"), ("cookie", "a=1"), ("cookie", "b=2"), ("content-type", "x/y"), ("x-b", "c")]
        request = Request("POST", "/f%C3%BC%20r", query="q=1", headers=headers, body=b"abc")
        response = wsgi_handler(validator(application))(request)
        self.assertEqual((response.status, response.body), (201, b"hello"))
        self.assertEqual(response.headers.get_all("x-a"), ["1", "2"])
        expected = {
            "REQUEST_METHOD": "POST", "PATH_INFO": "/fü r".encode().decode("latin-1"), "QUERY_STRING": "q=1",
            "CONTENT_TYPE": "x/y", "CONTENT_LENGTH": "3", "SERVER_NAME": "a", "SERVER_PORT": "81",
            "HTTP_COOKIE": "a=1; b=2", "HTTP_X_B": "c", "body": b"abc",
        }  # fmt: skip
        self.assertEqual({name: seen[name] for name in expected}, expected)

    def test_write_and_close_are_called(self) -> None:
        class Parts(list[bytes]):
            closed = False

            def close(self) -> None:
                self.closed = True

        parts = Parts([b"b"])

        def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            start_response("200 OK", [])(b"a")
            return parts

        response = wsgi_handler(application)(Request("GET", "/"))
        self.assertEqual((response.status, response.body, parts.closed), (200, b"ab", True))

    def test_an_error_replaces_what_was_written_before_it(self) -> None:
        def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            start_response("200 OK", [("X-A", "1")])(b"half of ")
            yield b"a page"
            start_response("500 No", [], (None, None, None))
            yield b"sorry"

        response = wsgi_handler(application)(Request("GET", "/"))
        self.assertEqual((response.status, response.body), (500, b"sorry"))
        self.assertNotIn("x-a", response.headers)

    def test_the_server_is_named_as_the_host_header_does(self) -> None:
        cases = {
            "a": ("a", "80"), "a:81": ("a", "81"), "[::1]": ("[::1]", "80"), "[::1]:81": ("[::1]", "81"),
            "": ("localhost", "80"), ":81": ("localhost", "81"), "a:": ("a", "80"),
        }  # fmt: skip
        for host, expected in cases.items():
            environ = self.environ(Request("GET", "/", headers={"host": host}))
            self.assertEqual((environ["SERVER_NAME"], environ["SERVER_PORT"]), expected, host)

    def test_a_header_cannot_pass_for_another_one(self) -> None:
        for headers in [[("x-real-ip", "a"), ("x_real_ip", "b")], [("x_real_ip", "b"), ("x-real-ip", "a")]]:
            self.assertEqual(self.environ(Request("GET", "/", headers=headers))["HTTP_X_REAL_IP"], "a")
        self.assertNotIn("HTTP_CONTENT_LENGTH", self.environ(Request("GET", "/", headers={"content_length": "9"})))

    def environ(self, request: Request) -> dict[str, Any]:
        seen: dict[str, Any] = {}

        def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            seen.update(environ)
            start_response("204 No Content", [])
            return []

        wsgi_handler(application)(request)
        return seen

    def test_mistakes_of_applications_are_told(self) -> None:
        def never(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            return []

        def twice(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            start_response("200 OK", [])
            start_response("200 OK", [])
            return []

        for application, text in [(never, "did not call"), (twice, "twice")]:
            with self.subTest(text), self.assertRaisesRegex(Misuse, text):
                wsgi_handler(application)(Request("GET", "/"))
        with self.assertRaisesRegex(Misuse, "SessionMiddleware"):
            visit_of({"wsgi.input": io.BytesIO()})
