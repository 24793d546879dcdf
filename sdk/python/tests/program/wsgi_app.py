"""A WSGI application that counts."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lovely_session import Container, Cookie, Transaction, Visitors
from lovely_session.http import Handler
from lovely_session.wsgi import SessionMiddleware, visit_of, wsgi_handler

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

runs = 0


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Adds the number in the body to a counter. `/wsgi/500` responds with an error, `/wsgi/rival` first has a rival."""
    global runs
    runs += 1
    session = visit_of(environ).session_or_begin()
    counter = session.package("wsgi", int)
    counter["count"] = counter.get("count", 0) + int(environ["wsgi.input"].read() or 1)
    if environ["PATH_INFO"] == "/wsgi/rival" and runs == 1:
        with Transaction() as rival:
            Container("wsgi").session(rival, session.id).package("wsgi").add("count")
    status = "500 Oh no" if environ["PATH_INFO"] == "/wsgi/500" else "200 OK"
    start_response(status, [("Content-Type", "text/plain")])
    yield f"count: {counter['count']}, ".encode()
    yield f"runs: {runs}\n".encode()


handle: Handler = wsgi_handler(
    SessionMiddleware(application, Visitors("wsgi", Cookie("sid", over_plain_http=True)))
)
