"""Counts a visitor's visits: the smallest edge function that keeps a session."""

from lovely_session import Cookie, Visit, Visitors
from lovely_session.http import Request, Response, serve

# `over_plain_http` is for development: leave it out where browsers come over HTTPS.
visitors = Visitors("counter", Cookie("sid", over_plain_http=True))


@visitors.handler
def count(request: Request, visit: Visit) -> Response:
    """Counts a visit in the visitor's session."""
    visits = visit.session_or_begin().package("visits", int)
    visits["count"] = visits.get("count", 0) + 1
    return Response(f"visits: {visits['count']}\n")


IncomingHandler = serve(count)
