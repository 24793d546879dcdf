"""An application as a component: reads requests from WASI HTTP, and sends the responses."""

from __future__ import annotations

from collections.abc import Callable

from .. import _wit
from ..errors import Misuse
from .failures import error_response, log_error
from .problem import HttpError
from .request import Request
from .response import Response

Handler = Callable[[Request], Response]
"""A function that responds to a request."""

ErrorHandler = Callable[[Request, Exception], Response]
"""A function that responds to a request whose handler raised an exception."""

MIB = 1024 * 1024

FORBIDDEN = "the response has a header that belongs to the connection, such as Connection: leave it to the server"

# How much of a body is read at a time, and the most that WASI takes in one write, in bytes.
READ = 64 * 1024
WRITE = 4096

# The statuses whose responses have no content.
WITHOUT_CONTENT = (204, 304)


class Served:
    """The export `wasi:http/incoming-handler` as componentize-py calls it. `serve` makes the subclasses."""

    def handle(self, request: _wit.IncomingRequest, response_out: _wit.ResponseOutparam) -> None:
        """Responds to one request."""
        raise NotImplementedError


def serve(handle: Handler, *, on_error: ErrorHandler = error_response, max_body: int = MIB) -> type[Served]:
    """Makes the class that componentize-py looks for in an application, under the name `IncomingHandler`.

    `handle` responds to all requests. When it raises an exception, or returns something else than a `Response`,
    `on_error` responds; when that fails too, `error_response` does. `max_body` is the most bytes that the body of a
    request may have; the server has a limit as well. Content of a response to `HEAD` is not sent.

    >>> IncomingHandler = serve(handle)
    """

    class IncomingHandler(Served):
        def handle(self, request: _wit.IncomingRequest, response_out: _wit.ResponseOutparam) -> None:
            read = _read_request(request, max_body)
            response = _respond(read, handle, on_error)
            is_head = read.method == "HEAD"
            try:
                outgoing = _outgoing(response, is_head)
            except _wit.Err:
                response = error_response(read, Misuse(FORBIDDEN))
                outgoing = _outgoing(response, is_head)
            _send(outgoing, b"" if is_head or response.status in WITHOUT_CONTENT else response.body, response_out)

    return IncomingHandler


def _respond(request: Request, handle: Handler, on_error: ErrorHandler) -> Response:
    try:
        return Response.expect(handle(request))
    except Exception as error:
        first = error
    try:
        return Response.expect(on_error(request, first))
    except Exception as error:
        # `on_error` may have failed before it logged the error.
        if not isinstance(first, HttpError):
            log_error(request, first)
        return error_response(request, error)


def _read_request(incoming: _wit.IncomingRequest, max_body: int) -> Request:
    path, _, query = (incoming.path_with_query() or "/").partition("?")
    headers = [(name, value.decode("latin-1")) for name, value in incoming.headers().entries()]
    authority = incoming.authority()
    # WASI tells it apart from the headers.
    if authority and not any(name.lower() == "host" for name, _ in headers):
        headers.insert(0, ("host", authority))
    return Request(
        _method(incoming.method()),
        path,
        query=query,
        headers=headers,
        body=lambda: _read_body(incoming, max_body),
    )


def _method(method: object) -> str:
    """Returns the name of a method: a case of the interface, or any other name."""
    value: object = getattr(method, "value", None)
    return value if isinstance(value, str) else type(method).__name__.removeprefix("Method_").upper()


def _read_body(incoming: _wit.IncomingRequest, max_body: int) -> bytes:
    body = bytearray()
    try:
        with incoming.consume() as content, content.stream() as stream:
            while chunk := _read(stream):
                body += chunk
                if len(body) > max_body:
                    raise HttpError(413, f"the body is over {_size(max_body)}")
    except _wit.Err:
        raise HttpError(400, "the body did not arrive in full") from None
    return bytes(body)


def _size(count: int) -> str:
    return f"{count} bytes" if count % 1024 else f"{count // 1024} KiB"


def _read(stream: _wit.InputStream) -> bytes | None:
    """Returns the next part of a body, or `None` at its end."""
    try:
        return stream.blocking_read(READ)
    except _wit.Err as error:
        if isinstance(error.value, _wit.StreamError_Closed):
            return None
        raise


def _length(response: Response, is_head: bool) -> str | None:
    """Returns the `Content-Length`, or `None` to send none."""
    if response.status in WITHOUT_CONTENT:
        return None
    if is_head and not response.body:
        # An application that leaves out the body itself may know its length.
        told = response.headers.get("content-length")
        return told if told and told.isdecimal() else None
    return str(len(response.body))


def _send(outgoing: _wit.OutgoingResponse, content: bytes, response_out: _wit.ResponseOutparam) -> None:
    body = outgoing.body()
    _wit.ResponseOutparam.set(response_out, _wit.Ok(outgoing))
    try:
        with body.write() as stream:
            for start in range(0, len(content), WRITE):
                stream.blocking_write_and_flush(content[start : start + WRITE])
        _wit.OutgoingBody.finish(body, None)
    except _wit.Err:
        # The client has gone away, or wants no body after `HEAD`: nobody is left to be told.
        pass


def _outgoing(response: Response, is_head: bool) -> _wit.OutgoingResponse:
    headers = [(name, value) for name, value in response.headers.items() if name != "content-length"]
    length = _length(response, is_head)
    if length is not None:
        headers.append(("content-length", length))
    fields = _wit.Fields.from_list([(name, value.encode("latin-1")) for name, value in headers])
    outgoing = _wit.OutgoingResponse(fields)
    outgoing.set_status_code(response.status)
    return outgoing
