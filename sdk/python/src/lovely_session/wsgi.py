"""Applications of WSGI (PEP 3333), such as those of Flask and Bottle, as edge functions with sessions.

>>> app = bottle.Bottle()
>>> @app.get("/")
... def count():
...     visits = visit_of(bottle.request.environ).session_or_begin().package("visits", int)
...     visits["count"] = visits.get("count", 0) + 1
...     return f"visits: {visits['count']}"
>>> IncomingHandler = serve(wsgi_handler(SessionMiddleware(app, visitors)))
"""

from __future__ import annotations

# Flask looks it up when it runs, when a component can load nothing any more.
import encodings.idna
import io
import re
import sys
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote_to_bytes

from .errors import Misuse
from .http.request import Request
from .http.response import Response
from .http.serving import Handler
from .visit import Visit
from .visitors import Visitors

if TYPE_CHECKING:
    # Python 3.10 does not have it, and components do not need it.
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

VISIT = "lovely_session.visit"
"""The key of the environment under which `SessionMiddleware` puts the visit."""


def visit_of(environ: WSGIEnvironment) -> Visit:
    """Returns the visit of a request. Raises `Misuse` where there is no `SessionMiddleware` around the application."""
    visit = environ.get(VISIT)
    if not isinstance(visit, Visit):
        raise Misuse("this request has no visit: put a SessionMiddleware around the application")
    return visit


class SessionMiddleware:
    """Runs each request of an application in a transaction for its visitor.

    The transaction is committed before the response is passed on, so that no client sees what is not stored. A response
    with a status of 500 or more, and an exception, abort it: frameworks make such responses of exceptions. After a
    conflict, **the application is called again** with the same request, so it must do nothing else that cannot be done
    twice. For that, requests and responses are held in memory as a whole.

    A call raises as `Visitors.visit` does.
    """

    def __init__(self, application: WSGIApplication, visitors: Visitors) -> None:
        self._application = application
        self._visitors = visitors

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Responds to a request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))

        def work(visit: Visit) -> _Answer:
            answer = _call(self._application, {**environ, "wsgi.input": io.BytesIO(body), VISIT: visit})
            if answer.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                raise _Abort(answer)
            return answer

        try:
            visited = self._visitors.visit(environ.get("HTTP_COOKIE", ""), work)
            answer, set_cookie = visited.value, visited.set_cookie
        except _Abort as abort:
            answer, set_cookie = abort.answer, None
        headers = answer.headers
        if not any(name.lower() == "cache-control" for name, _ in headers):
            headers = [*headers, ("Cache-Control", "no-store")]
        if set_cookie is not None:
            headers = [*headers, ("Set-Cookie", set_cookie)]
        start_response(answer.status, headers)
        return [answer.body]


def wsgi_handler(application: WSGIApplication, *, url_scheme: str = "http") -> Handler:
    """Makes a handler for `serve` of an application.

    `url_scheme` is that of the URLs which the application makes: `https` behind a proxy that speaks TLS.
    """

    def handle(request: Request) -> Response:
        answer = _call(application, _environ(request, url_scheme))
        return Response(answer.body, answer.code, answer.headers)

    return handle


class _Answer:
    """What an application has responded with."""

    def __init__(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.code = int(status.split(" ", 1)[0])
        self.headers = headers
        self.body = body


class _Abort(Exception):
    """Carries a response out of a visit that is not committed."""

    def __init__(self, answer: _Answer) -> None:
        super().__init__()
        self.answer = answer


def _call(application: WSGIApplication, environ: WSGIEnvironment) -> _Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []
    body = io.BytesIO()

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        if started and exc_info is None:
            raise Misuse("the application called start_response twice")
        # With exc_info, the application replaces its response, of which nothing was sent.
        body.seek(0)
        body.truncate()
        started[:] = [(status, list(headers))]
        return body.write

    parts = application(environ, cast("StartResponse", start_response))
    try:
        for part in parts:
            body.write(part)
    finally:
        close = getattr(parts, "close", None)
        if close is not None:
            close()
    if not started:
        raise Misuse("the application did not call start_response")
    status, headers = started[0]
    return _Answer(status, headers, body.getvalue())


def _environ(request: Request, url_scheme: str) -> WSGIEnvironment:
    host = request.headers.get("host") or ""
    # The colons of an IPv6 address are in brackets.
    name = re.sub(r":[0-9]*$", "", host)
    port = host[len(name) + 1 :]
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # In WSGI, texts are bytes as Latin-1.
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"),
        "QUERY_STRING": request.query,
        "CONTENT_LENGTH": str(len(request.body)),
        "CONTENT_TYPE": request.headers.get("content-type") or "",
        "SERVER_NAME": name or "localhost",
        "SERVER_PORT": port or ("443" if url_scheme == "https" else "80"),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": url_scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for header in request.headers:
        # A name with `_` would pass for the one with `-`, which a proxy may have set.
        if header not in ("content-type", "content-length") and "_" not in header:
            separator = "; " if header == "cookie" else ", "
            environ[f"HTTP_{header.upper().replace('-', '_')}"] = separator.join(request.headers.get_all(header))
    return environ
