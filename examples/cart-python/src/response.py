"""A response, and sending it through WASI HTTP."""

import json
from typing import Any

from componentize_py_types import Err, Ok
from wit_world.imports import types
from wit_world.imports.types import OutgoingBody, OutgoingResponse, ResponseOutparam

# The most bytes that WASI takes in one write.
CHUNK = 4096

# The page has no scripts, and its style and its forms are its own.
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Response:
    """One response. What it shows belongs to one visitor at one time, so nothing may keep it."""

    def __init__(self, status: int, body: str = "", **headers: str) -> None:
        self.status = status
        self.body = body.encode()
        self.headers = {
            "content-length": str(len(self.body)),
            "cache-control": "no-store",
            "x-content-type-options": "nosniff",
        }
        for name, value in headers.items():
            self.headers[name.replace("_", "-")] = value

    def send(self, response_out: ResponseOutparam) -> None:
        """Hands the response to the server."""
        headers = [(name, value.encode()) for name, value in self.headers.items()]
        response = OutgoingResponse(types.Fields.from_list(headers))
        response.set_status_code(self.status)
        body = response.body()
        ResponseOutparam.set(response_out, Ok(response))
        try:
            with body.write() as stream:
                for start in range(0, len(self.body), CHUNK):
                    stream.blocking_write_and_flush(self.body[start : start + CHUNK])
            OutgoingBody.finish(body, None)
        except Err:
            # The client has gone away, or, after `HEAD`, wants no body: nobody is left to be told.
            pass


def json_response(status: int, value: Any) -> Response:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Response(status, text, content_type="application/json")


def page_response(status: int, html: str) -> Response:
    return Response(
        status, html, content_type="text/html; charset=utf-8", content_security_policy=PAGE_POLICY
    )


def style_response(css: str) -> Response:
    return Response(200, css, content_type="text/css; charset=utf-8")


def see_other(location: str) -> Response:
    """Sends a browser on after a form has done its work, so that a reload does not repeat it."""
    return Response(303, location=location)
